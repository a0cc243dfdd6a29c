// Runs before the first paint, so that a page in the dark never flashes white. The dashboard changes it later.
(() => {
  let theme = 'system';
  try {
    theme = JSON.parse(localStorage.getItem('yardmaster.preferences') ?? '{}').theme ?? 'system';
  } catch {
    // nothing was kept, or nothing may be kept
  }
  const isDark = theme === 'dark' || (theme !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.dataset.theme = isDark ? 'dark' : 'light';
})();

// Runs before the first paint, so that a page in the dark never flashes white. src/shared/preferences/theme.ts goes on.
(() => {
  let choice = 'system';
  try {
    choice = JSON.parse(localStorage.getItem('yardmaster.preferences') ?? '{}').theme;
  } catch {
    // nothing was kept, or nothing may be kept
  }
  const system = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
  const theme = choice === 'dark' || choice === 'light' ? choice : system;
  document.documentElement.dataset.theme = theme;
  for (const meta of document.querySelectorAll('meta[data-theme-color]')) {
    meta.media = meta.dataset.themeColor === theme ? 'all' : 'not all';
  }
})();

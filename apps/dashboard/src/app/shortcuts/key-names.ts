/** Of the browser this runs in. */
export const isMac = /mac|iphone|ipad/i.test(navigator.platform);

const names: Readonly<Record<string, string>> = { space: 'Space', escape: 'Esc' };

/** A shortcut's key as it is printed on the keyboard: each part a key of its own. */
export function printedKeys(key: string): readonly string[] {
  const name = key.startsWith('mod+') ? key.slice('mod+'.length) : key;
  const printed = names[name] ?? name.toUpperCase();
  if (name === key) return [printed];
  return isMac ? ['⌘', printed] : ['Ctrl', printed];
}

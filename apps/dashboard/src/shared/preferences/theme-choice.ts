import type { Preferences } from './preferences.ts';

export type Theme = 'light' | 'dark';
type ThemeChoice = Preferences['theme'];

/** What a choice means on a system that is dark or light. */
export function themeShown(choice: ThemeChoice, system: Theme): Theme {
  return choice === 'system' ? system : choice;
}

/** The choice that shows the other theme; the one of the system is chosen as such, and followed from then on. */
export function otherTheme(choice: ThemeChoice, system: Theme): ThemeChoice {
  const other = themeShown(choice, system) === 'dark' ? 'light' : 'dark';
  return other === system ? 'system' : other;
}

import { describe, expect, test } from 'vitest';
import { otherTheme, themeShown } from '../src/shared/preferences/theme-choice.ts';

describe('the theme', () => {
  test('is what was chosen, or what the system has', () => {
    expect(themeShown('dark', 'light')).toBe('dark');
    expect(themeShown('light', 'dark')).toBe('light');
    expect(themeShown('system', 'dark')).toBe('dark');
    expect(themeShown('system', 'light')).toBe('light');
  });

  test('switches to the other one, whatever was chosen', () => {
    for (const system of ['light', 'dark'] as const) {
      for (const choice of ['light', 'dark', 'system'] as const) {
        const before = themeShown(choice, system);
        expect(themeShown(otherTheme(choice, system), system)).not.toBe(before);
      }
    }
  });

  test('follows the system again when it is switched to what the system has', () => {
    expect(otherTheme('dark', 'light')).toBe('system');
    expect(otherTheme('system', 'light')).toBe('dark');
    expect(otherTheme('light', 'dark')).toBe('system');
  });
});

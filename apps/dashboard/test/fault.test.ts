import { describe, expect, test } from 'vitest';
import { faultDisplay } from '../src/app/fault.ts';

describe('a fault of the page', () => {
  test.each([
    'Failed to fetch dynamically imported module: http://localhost:4000/assets/build-page-B4x.js', // Chromium
    'error loading dynamically imported module: http://localhost:4000/assets/build-page-B4x.js', // Firefox
    'Importing a module script failed.', // Safari
    'Unable to preload CSS for /assets/build-page-B4x.css', // vite
  ])('is a new version when a part is gone: %s', (message) => {
    const display = faultDisplay(new TypeError(message));
    expect(display.hint).toContain('updated');
    expect(display.canTryAgain).toBe(false);
  });

  test('is told as it is otherwise, and may be tried again', () => {
    const display = faultDisplay(new Error('x is undefined'));
    expect(display).toMatchObject({ hint: 'x is undefined', canTryAgain: true });
  });

  test('may be anything that was thrown', () => {
    expect(faultDisplay('no').hint).toBe('no');
  });
});

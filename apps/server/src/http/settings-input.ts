import { BuildSettings } from '@yardmaster/domain';
import { z } from 'zod';

// biome-ignore lint/suspicious/noControlCharactersInRegex: finding control characters is the purpose.
const leadsOut = /^[/~]|^[A-Za-z]:|\\|[\x00-\x1f\x7f]|(?:^|\/)\.\.(?:\/|$)/;

/** Settings as they come in: stricter than what recorded events, which stay readable for ever, may hold. */
export const SettingsInput = z.strictObject({
  ...BuildSettings.shape,
  outputDirectory: BuildSettings.shape.outputDirectory.refine(
    (path) => path === null || !leadsOut.test(path),
    'This is no relative path to a folder inside the project, such as "dist" or "packages/site/dist".',
  ),
});

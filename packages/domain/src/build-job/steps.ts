import { z } from 'zod';

/** The steps of a build, in order. `preview` begins when the output is published. */
export const steps = ['extract', 'install', 'typecheck', 'bundle', 'preview'] as const;
export const Step = z.enum(steps);
export type Step = z.infer<typeof Step>;

/** Percent shown from the moment a step begins; a build never shows less within one attempt. */
export const progressAtStep: Readonly<Record<Step, number>> = {
  extract: 10,
  install: 30,
  typecheck: 60,
  bundle: 80,
  preview: 80,
};

/** The text shown from the moment a step begins. A static preview keeps the bundling text through its health check. */
export const textAtStep: Readonly<Record<Step, string>> = {
  extract: 'Extracting files…',
  install: 'Installing dependencies…',
  typecheck: 'Type checking…',
  bundle: 'Bundling…',
  preview: 'Bundling…',
};

export const startingText = 'Starting build…';
export const startingServerText = 'Starting development server…';
export const completedText = 'Build completed';

/** The longest that a worker may ask for one step, whatever it reports: a day, in milliseconds. */
export const maxStepTimeoutMs = 86_400_000;

/** Wall time a step may take before it is timed out, in milliseconds. */
export const defaultStepTimeoutsMs: Readonly<Record<Step, number>> = {
  extract: 120_000,
  install: 600_000,
  typecheck: 300_000,
  bundle: 600_000,
  preview: 60_000,
};

import { type Annotation, maxAnnotations } from '@yardmaster/domain';
import { type Killed, nothingKilled } from '../sandbox/end-processes.ts';

/** Why a step failed, in plain words. `retryable` is decided here, where the cause is known. */
export interface StepFailure {
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
  readonly retryable: boolean;
}

/**
 * The most bytes of annotations, as JSON: one report carries them, and the two events that come of it are appended
 * together and both have them. Either is bound to 1 MB.
 */
const maxAnnotationBytes = 400_000;

/** Thrown by the steps and turned into a report by `runBuild`; it never leaves this package. */
export class StepFailed extends Error {
  readonly failure: StepFailure;
  readonly annotations: readonly Annotation[];

  constructor(failure: StepFailure, annotations: readonly Annotation[] = []) {
    super(failure.message);
    this.name = 'StepFailed';
    // What a stored event may hold: a longer text is in the log.
    this.failure = {
      ...failure,
      message: failure.message.slice(0, 2_000),
      hint: failure.hint?.slice(0, 1_000) ?? null,
    };
    this.annotations = asManyAsFit(annotations);
  }
}

/** The first of them: characters of three bytes, and those that JSON escapes, let fewer fit. */
function asManyAsFit(annotations: readonly Annotation[]): readonly Annotation[] {
  let bytes = 0;
  return annotations.slice(0, maxAnnotations).filter((annotation) => {
    bytes += Buffer.byteLength(JSON.stringify(annotation));
    return bytes <= maxAnnotationBytes;
  });
}

/** Thrown when the build was cancelled, with what had to be killed for it. */
export class StepCancelled extends Error {
  readonly killed: Killed;

  constructor(killed: Killed = nothingKilled) {
    super('The build was cancelled.');
    this.name = 'StepCancelled';
    this.killed = killed;
  }
}

export const stepTimedOut = (timeoutMs: number): StepFailed =>
  new StepFailed({
    code: 'step-timed-out',
    message: `The step took longer than ${Math.round(timeoutMs / 1_000)} seconds and was ended.`,
    hint: 'See the last lines of the log for what it was doing. A command that waits for input never ends here.',
    retryable: true,
  });

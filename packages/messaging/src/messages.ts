import type { Log } from '@yardmaster/application';
import { JobId, WorkerId } from '@yardmaster/domain';
import type { z } from 'zod';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function encode(message: object): Uint8Array {
  return encoder.encode(JSON.stringify(message));
}

export interface ParseOptions<Schema extends z.ZodType> {
  readonly schema: Schema;
  readonly subject: string;
  readonly data: Uint8Array;
  readonly log: Log;
}

/** What came in, checked; null after a line in the log when it is not what it should be. Nothing of it is logged. */
export function parseMessage<Schema extends z.ZodType>(options: ParseOptions<Schema>): z.infer<Schema> | null {
  const { schema, subject, data, log } = options;
  let message: unknown;
  try {
    message = JSON.parse(decoder.decode(data));
  } catch {
    log.warn({ subject, bytes: data.length }, 'Dropped a message that is not JSON');
    return null;
  }
  const parsed = schema.safeParse(message);
  if (parsed.success) return parsed.data;
  const places = parsed.error.issues.slice(0, 3).map((issue) => `${issue.path.join('.')}: ${issue.code}`);
  log.warn({ subject, places }, 'Dropped a message that does not follow its schema');
  return null;
}

/**
 * Who speaks, and of which job, as the subject `<kind>.<workerId>.<jobId>` says it. The server lets a worker publish under
 * its own id only, so the subject is to be believed, whatever the payload claims.
 */
export function parseSpeaker(subject: string): { readonly workerId: WorkerId; readonly jobId: JobId } | null {
  const [, worker, job] = subject.split('.');
  const workerId = WorkerId.safeParse(worker);
  const jobId = JobId.safeParse(job);
  return workerId.success && jobId.success ? { workerId: workerId.data, jobId: jobId.data } : null;
}

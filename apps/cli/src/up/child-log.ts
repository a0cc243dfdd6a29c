import { closeSync, fstatSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** A log is moved aside at this size; with the older ones at most three files are kept per child. */
const MAX_FILE_BYTES = 10_000_000;
const KEPT_FILES = 3;

/** A longer line is cut into several, so that a child that never ends its line cannot fill our memory. */
const MAX_LINE_CHARS = 64 * 1024;

/** A child's output on disk. */
export type ChildLog = {
  readonly file: string;
  write(stream: 'stdout' | 'stderr', chunk: string): void;
  close(): void;
};

/**
 * Appends a child's output to `<folder>/<name>.log` line by line and passes on the lines a person should see.
 *
 * Writing is synchronous, into the page cache: the supervisor has nothing else to do, memory stays bounded, and
 * nothing is lost when it is killed. A full disk loses lines, never the product.
 */
export function openChildLog(options: {
  readonly folder: string;
  readonly name: string;
  readonly onImportant: (line: string) => void;
}): ChildLog {
  const file = join(options.folder, `${options.name}.log`);
  let descriptor = openSync(file, 'a', 0o600);
  let sizeBytes = fstatSync(descriptor).size;
  const rest = { stdout: '', stderr: '' };

  function writeLine(stream: 'stdout' | 'stderr', line: string): void {
    const bytes = Buffer.from(`${line}\n`);
    try {
      if (sizeBytes + bytes.length > MAX_FILE_BYTES) rotate();
      sizeBytes += writeSync(descriptor, bytes);
    } catch {
      // The disk is full: the product goes on without this line.
    }
    const shown = forPeople(stream, line);
    if (shown !== null) options.onImportant(shown);
  }

  function rotate(): void {
    rmSync(`${file}.${KEPT_FILES - 1}`, { force: true });
    for (let age = KEPT_FILES - 2; age >= 1; age--) moveIfThere(`${file}.${age}`, `${file}.${age + 1}`);
    moveIfThere(file, `${file}.1`);
    const next = openSync(file, 'a', 0o600);
    closeSync(descriptor);
    descriptor = next;
    sizeBytes = 0;
  }

  return {
    file,
    write: (stream, chunk) => {
      const lines = (rest[stream] + chunk).split('\n');
      rest[stream] = lines.pop() ?? '';
      for (const line of lines) writeLine(stream, line);
      if (rest[stream].length > MAX_LINE_CHARS) {
        writeLine(stream, rest[stream]);
        rest[stream] = '';
      }
    },
    close: () => {
      for (const stream of ['stdout', 'stderr'] as const) if (rest[stream] !== '') writeLine(stream, rest[stream]);
      closeSync(descriptor);
    },
  };
}

function moveIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
}

/** nats-server writes plain lines to stderr, with the level in brackets. */
const NATS_LINE = /^\[\d+\] \S+ \S+ \[(\w+)\]/;
const IMPORTANT_NATS_LEVELS: readonly string[] = ['WRN', 'ERR', 'FTL'];
const IMPORTANT_LEVELS: readonly string[] = ['warn', 'error', 'fatal'];
/** Pino writes levels as numbers; this is its warning. */
const IMPORTANT_LEVEL_NUMBER = 40;

/** What of a JSON log line a person is shown; the rest is in the file. */
const jsonLineSchema = z.object({
  level: z.union([z.string(), z.number()]),
  message: z.string().optional(),
  msg: z.string().optional(),
  error: z.object({ message: z.string() }).optional(),
  err: z.object({ message: z.string() }).optional(),
});

/**
 * The line as a person is shown it, or null when it is of no concern: warnings and errors of the JSON log, those of
 * nats-server, and whatever a crashing process says in plain words.
 */
function forPeople(stream: 'stdout' | 'stderr', line: string): string | null {
  const natsLevel = NATS_LINE.exec(line)?.[1];
  if (natsLevel !== undefined) return IMPORTANT_NATS_LEVELS.includes(natsLevel) ? line : null;
  const entry = parseJsonLine(line);
  if (entry === null) return stream === 'stderr' && line.trim() !== '' ? line : null;
  const { level, message, msg, error, err } = entry;
  const isImportant = typeof level === 'number' ? level >= IMPORTANT_LEVEL_NUMBER : IMPORTANT_LEVELS.includes(level);
  if (!isImportant) return null;
  const parts = [message ?? msg, (error ?? err)?.message].filter((part) => part !== undefined);
  return parts.length === 0 ? line : parts.join(': ');
}

/** Null when the line is not of the JSON log. */
function parseJsonLine(line: string): z.output<typeof jsonLineSchema> | null {
  if (!line.startsWith('{')) return null;
  try {
    return jsonLineSchema.safeParse(JSON.parse(line)).data ?? null;
  } catch {
    return null;
  }
}

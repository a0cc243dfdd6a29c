import type { JobDetail, LogLineView } from '@yardmaster/protocol';
import type { CommandIo } from '../command.ts';

const barWidth = 24;
const eraseLine = '\r\u001b[2K';

/** Shows a build in the terminal: log lines above, one line of progress below. Elsewhere: a line per step. */
export interface BuildScreen {
  lines(lines: readonly LogLineView[]): void;
  job(job: JobDetail): void;
  /** Takes the progress line away. */
  close(): void;
}

export function createBuildScreen(io: CommandIo): BuildScreen {
  let status = '';
  const draw = () => io.err(`${eraseLine}${status}`);
  return {
    lines(lines) {
      if (!io.isTerminal) return io.err(lines.map(({ text }) => `${plain(text)}\n`).join(''));
      io.err(`${eraseLine}${lines.map(({ text }) => `${text}\u001b[0m\n`).join('')}`);
      draw();
    },
    job(job) {
      const now = io.isTerminal ? progressLine(job) : stepText(job);
      if (now === status) return;
      status = now;
      if (io.isTerminal) draw();
      else io.err(`${now}\n`);
    },
    close() {
      if (io.isTerminal) io.err(eraseLine);
    },
  };
}

function progressLine(job: JobDetail): string {
  const filled = Math.round((job.progress / 100) * barWidth);
  const bar = `${'━'.repeat(filled)}\u001b[2m${'━'.repeat(barWidth - filled)}\u001b[22m`;
  return `${bar} ${String(job.progress).padStart(3)} %  ${stepText(job)}`;
}

function stepText(job: JobDetail): string {
  if (job.queuePosition !== null)
    return `Position ${job.queuePosition} in the queue. ${job.waitingReason ?? ''}`.trim();
  const attempt = job.attempt > 1 ? ` (attempt ${job.attempt})` : '';
  return `${job.currentStep || job.status}${attempt}`;
}

const escapeCharacter = '\u001b';
const colourCodes = new RegExp(`${escapeCharacter}\\[[0-9;]*[A-Za-z]`, 'g');

/** Text without colours, for files and pipes. */
export function plain(text: string): string {
  return text.replace(colourCodes, '');
}

/** The end of a build in words, with what a person needs next. */
export function resultText(job: JobDetail): string {
  switch (job.status) {
    case 'completed':
      return `Build completed: ${job.previewUrl ?? 'no preview'}\n`;
    case 'failed': {
      const where = job.annotations.map(
        ({ file, line, column, message }) => `  ${file}${line === null ? '' : `:${line}:${column ?? 1}`} ${message}\n`,
      );
      const hint = job.error?.hint ? `  ${job.error.hint}\n` : '';
      return `Build failed: ${job.error?.message ?? 'no reason is known'} (${job.error?.code ?? 'unknown'})\n${where.join('')}${hint}`;
    }
    default:
      return `Build ${job.status}.\n`;
  }
}

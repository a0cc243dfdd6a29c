import { stripVTControlCharacters } from 'node:util';
import type { JobDetail, LogLineView } from '@yardmaster/protocol';
import type { CommandIo } from '../command.ts';

const barWidth = 24;
const eraseLine = '\r\u001b[2K';
/** Without wrapping, a line that is too long for the terminal is cut by it, and erasing one line erases it whole. */
const wrapOff = '\u001b[?7l';
const wrapOn = '\u001b[?7h';

/** Shows a build in the terminal: log lines above, one line of progress below. Elsewhere: a line per step. */
export interface BuildScreen {
  lines(lines: readonly LogLineView[]): void;
  job(job: JobDetail): void;
  /** A line between the others. */
  notice(text: string): void;
  /** Takes the progress line away. */
  close(): void;
}

export function createBuildScreen(io: CommandIo): BuildScreen {
  let status = '';
  const draw = () => io.err(`${eraseLine}${wrapOff}${status}${wrapOn}`);
  const above = (text: string) => {
    io.err(io.isTerminal ? `${eraseLine}${text}` : text);
    if (io.isTerminal) draw();
  };
  return {
    lines: (lines) => above(lines.map(({ text }) => `${shownOn(io, text)}\n`).join('')),
    job(job) {
      const now = io.isTerminal ? progressLine(job) : stepText(job);
      if (now === status) return;
      status = now;
      if (io.isTerminal) draw();
      else io.err(`${now}\n`);
    },
    notice: (text) => above(`${text}\n`),
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

/** A log line as it is written to a terminal: with its colours, unless the person wants none. */
export function shownOn({ isTerminal, env }: Pick<CommandIo, 'isTerminal' | 'env'>, text: string): string {
  return isTerminal && !env.NO_COLOR ? coloured(text) : plain(text);
}

const escapeCharacter = '\u001b';
const colour = new RegExp(`(${escapeCharacter}\\[[0-9;:]*m)`);
const controlCharacters = /[^\P{Cc}\t]/gu;

/** Text with its colours and nothing else that moves the cursor, sets the title or otherwise acts on the terminal. */
function coloured(text: string): string {
  const parts = text.split(colour).map((part, index) => (index % 2 === 1 ? part : plain(part)));
  return parts.length > 1 ? `${parts.join('')}\u001b[0m` : parts.join('');
}

/** Text without colours, for files and pipes. */
export function plain(text: string): string {
  return stripVTControlCharacters(text).replace(controlCharacters, '');
}

/** The end of a build in words, with what a person needs next. */
export function resultText(job: JobDetail): string {
  switch (job.status) {
    case 'completed':
      return `Build completed: ${job.previewUrl ?? 'no preview'}\n`;
    case 'failed': {
      const where = job.annotations.map(
        ({ file, line, column, message }) =>
          `  ${plain(file)}${line === null ? '' : `:${line}:${column ?? 1}`} ${plain(message)}\n`,
      );
      const hint = job.error?.hint ? `  ${job.error.hint}\n` : '';
      return `Build failed: ${plain(job.error?.message ?? 'no reason is known')} (${job.error?.code ?? 'unknown'})\n${where.join('')}${hint}`;
    }
    default:
      return `Build ${job.status}.\n`;
  }
}

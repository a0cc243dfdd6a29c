import { describe, expect, it } from 'vitest';
import { createBuildScreen, plain, resultText } from '../../src/client/build-screen.ts';
import { aJob, aLine, anIo, completed } from './small-server.ts';

const erase = '\r\u001b[2K';
const red = '\u001b[31mred\u001b[39m';
/** Sets the title, copies to the clipboard, moves up, clears the screen, rings. */
const hostile = 'a\u001b]0;title\u0007b\u001b]52;c;ZXZpbA==\u001b\\c\u001b[2Ad\u001b[2Je\u0007f\rg';

describe('the screen of a build', () => {
  it('prints plain lines and one line per change where there is no terminal', () => {
    const { io, words } = anIo();
    const screen = createBuildScreen(io);
    screen.job(aJob({ queuePosition: 2, waitingReason: '1 build ahead of yours.' }));
    screen.job(aJob());
    screen.job(aJob());
    screen.lines([aLine(1, red), aLine(2, hostile)]);
    screen.notice('The server is away.');
    screen.close();
    expect(words).toEqual({
      out: '',
      err: 'Position 2 in the queue. 1 build ahead of yours.\nInstalling dependencies…\nred\nabcdefg\nThe server is away.\n',
    });
  });

  it('keeps one status line below the log lines of a terminal, which is cut and never wraps', () => {
    const { io, words } = anIo({ isTerminal: true });
    const screen = createBuildScreen(io);
    screen.job(aJob());
    const status = words.err;
    expect(status.startsWith(`${erase}\u001b[?7l━`)).toBe(true);
    expect(status.endsWith(' 30 %  Installing dependencies…\u001b[?7h')).toBe(true);
    screen.lines([aLine(1, 'one'), aLine(2, 'two')]);
    expect(words.err.slice(status.length)).toBe(`${erase}one\ntwo\n${status}`);
    screen.close();
    expect(words.err.endsWith(erase)).toBe(true);
  });

  it('lets colours through to a terminal, and nothing else that acts on it', () => {
    const { io, words } = anIo({ isTerminal: true });
    createBuildScreen(io).lines([aLine(1, red), aLine(2, hostile)]);
    expect(words.err).toContain(`${red}\u001b[0m\nabcdefg\n`);
  });

  it('shows no colours to a person who wants none', () => {
    const { io, words } = anIo({ isTerminal: true, env: { NO_COLOR: '1' } });
    createBuildScreen(io).lines([aLine(1, red)]);
    expect(words.err).toContain(`${erase}red\n`);
  });

  it('says the attempt when it is not the first', () => {
    const { io, words } = anIo();
    createBuildScreen(io).job(aJob({ attempt: 2 }));
    expect(words.err).toBe('Installing dependencies… (attempt 2)\n');
  });
});

describe('the end of a build in words', () => {
  it('names the preview, or what went wrong and where', () => {
    expect(resultText(completed)).toBe('Build completed: http://site-1.preview.localhost\n');
    const failed = aJob({
      status: 'failed',
      error: { code: 'type-errors', message: `1 type error ${red}`, hint: 'Look at it.', step: 'typecheck' },
      annotations: [
        { file: 'src/a.ts', line: 3, column: null, message: 'No.', severity: 'error', code: null, excerpt: null },
      ],
    });
    expect(resultText(failed)).toBe(
      'Build failed: 1 type error red (type-errors)\n  src/a.ts:3:1 No.\n  Look at it.\n',
    );
    expect(resultText(aJob({ status: 'cancelled' }))).toBe('Build cancelled.\n');
  });

  it('keeps tabs, and no other control character', () => {
    expect(plain('a\tb\u0000c\u009bd\n')).toBe('a\tbcd');
  });
});

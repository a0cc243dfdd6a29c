import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { copyFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { endProcesses, nothingKilled, signalProcess } from '../../src/sandbox/end-processes.ts';
import { endStrayProcesses } from '../../src/sandbox/end-stray-processes.ts';
import { hasProcessTable, readProcessTable } from '../../src/sandbox/process-table.ts';
import { isAlive, node, start } from '../fixtures/run-command.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';

/** Processes whose command line holds the text. */
const processesWith = (text: string): readonly number[] =>
  readdirSync('/proc')
    .map(Number)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(text) && isAlive(pid);
      } catch {
        return false; // no process, or none any more
      }
    });

/** Whether anything takes connections there. */
const isTaken = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });

describe.runIf(hasProcessTable)('ending a command', () => {
  it('takes everything along: children, and a grandchild in a session of its own that ignores SIGTERM', async () => {
    // The grandchild says its id itself, so it has certainly left the group by then.
    const escapee = `trap "" TERM; echo $$; while :; do sleep 1; done`;
    const { result, abort, firstLine } = start(`setsid sh -c '${escapee}' & sleep 60 & wait`);
    const pid = Number(await firstLine);
    expect(isAlive(pid)).toBe(true);
    abort.abort();
    const ended = await result;
    expect(ended).toMatchObject({ ending: 'cancelled', exitCode: null, nothingLeft: true });
    expect(ended.killed.count).toBeGreaterThanOrEqual(4);
    expect(isAlive(pid)).toBe(false);
  });

  it('finds a daemon that lost its parent before it was ever looked at', async () => {
    const { result, lines } = start(`setsid sh -c 'echo $$; exec sleep 60' & exit 0`);
    const ended = await result;
    expect(ended).toMatchObject({ ending: 'exited', nothingLeft: true });
    for (const line of lines) expect(isAlive(Number(line))).toBe(false);
  });

  /** Like Redis: it begins a session, loses its parent, and writes its title over its environment. */
  const daemon = (folder: string) =>
    `use POSIX; exit if fork; POSIX::setsid(); $0 = 'daemon'; chdir '${folder}'; $| = 1; print "$$\\n"; sleep 600`;

  it('finds a daemon that writes over its environment by where it works', async () => {
    const cwd = await temporaryFolder();
    const { result, abort, firstLine } = start(`perl -e "$1"; sleep 60`, { cwd, args: [daemon('.')] });
    const pid = Number(await firstLine);
    onTestFinished(() => void signalProcess(pid, 'SIGKILL'));
    abort.abort();
    const ended = await result;
    expect(ended).toMatchObject({ ending: 'cancelled', nothingLeft: true });
    expect(ended.killed.processes).toContainEqual({ pid, command: 'perl' });
    expect(isAlive(pid)).toBe(false);
  });

  it('claims no proof beside such a daemon that works elsewhere', async () => {
    const cwd = await temporaryFolder();
    const { result, abort, firstLine } = start(`perl -e "$1"; sleep 60`, { cwd, args: [daemon('/')] });
    const pid = Number(await firstLine);
    onTestFinished(() => void signalProcess(pid, 'SIGKILL'));
    abort.abort();
    const { nothingLeft } = await result;
    expect(nothingLeft).toBe(!isAlive(pid));
  });

  it('gives a command time to end by itself', async () => {
    const { result, lines, abort, firstLine } = start(
      `trap 'echo cleaned up; exit 0' TERM; echo ready; while :; do sleep 0.05; done`,
    );
    await firstLine;
    abort.abort();
    expect(await result).toMatchObject({ ending: 'cancelled', nothingLeft: true });
    expect(lines).toContain('cleaned up');
  });

  it('happens by itself when the time is up', async () => {
    const { result } = start('sleep 60', { timeoutMs: 50 });
    expect(await result).toMatchObject({ ending: 'timed-out', nothingLeft: true });
  });

  it('is done after a crash of the worker, by the mark of its owner', async () => {
    const { result, firstLine, owner } = start(`setsid sh -c 'echo $$; exec sleep 60' & wait`);
    const pid = Number(await firstLine);
    expect((await endStrayProcesses({ owner })).killed.count).toBeGreaterThanOrEqual(2);
    expect(isAlive(pid)).toBe(false);
    expect(await endStrayProcesses({ owner })).toEqual({ killed: nothingKilled, nothingLeft: true });
    await result;
  });
});

describe.runIf(hasProcessTable)('what a command that was ended leaves as evidence', () => {
  it('names programs, never arguments, nor the titles that processes give themselves', async () => {
    const script = `process.title = 'token-as-title'; setInterval(() => {}, 1e6); console.log(process.pid)`;
    const { result, abort, firstLine } = start('', { program: [node, '-e', script, '--', '--password=hunter2'] });
    const pid = Number(await firstLine);
    abort.abort();
    const { killed } = await result;
    expect(killed.processes).toContainEqual({ pid, command: 'node' });
    expect(killed.processes.length).toBe(killed.count);
    expect(JSON.stringify(killed)).not.toMatch(/hunter2|token/);
  });

  it('names a program of a long name by its beginning, in whole characters', async () => {
    const program = join(await temporaryFolder(), `${'a'.repeat(63)}🦊`);
    await copyFile('/bin/sh', program);
    const { result, abort, firstLine } = start('', { program: [program, '-c', 'echo up; sleep 600; exit 0'] });
    await firstLine;
    abort.abort();
    const commands = (await result).killed.processes.map(({ command }) => command);
    expect(commands).toContain(`${'a'.repeat(63)}?`);
  });

  it.each(['127.0.0.1', '::'])(
    'names the port that a process in a session of its own listened on at %s',
    async (host) => {
      const server = `require('net').createServer().listen(0, '${host}', function () { console.log(this.address().port) })`;
      const { result, abort, firstLine } = start(`setsid "${node}" -e "${server}" & wait`);
      const port = Number(await firstLine);
      expect(await isTaken(port)).toBe(true);
      abort.abort();
      expect(await result).toMatchObject({ killed: { ports: [port] }, nothingLeft: true });
      expect(await isTaken(port)).toBe(false);
    },
  );

  it('takes no offence at somebody else who has taken the port since', async () => {
    const stubborn = `const server = require('net').createServer().listen(0, '127.0.0.1', () => console.log(server.address().port));
process.on('SIGTERM', () => server.close(() => console.log('closed')));
setInterval(() => {}, 1e6);`;
    const { result, abort, firstLine, says } = start('', { program: [node, '-e', stubborn] });
    const port = Number(await firstLine);
    abort.abort();
    await says('closed');
    const other = createServer().listen(port, '127.0.0.1');
    onTestFinished(() => void other.close());
    await once(other, 'listening');
    expect(await result).toMatchObject({ killed: { ports: [port] }, nothingLeft: true });
    expect(await isTaken(port)).toBe(true);
  });

  it('says that something is left when a socket of its still listens, whoever holds it', async () => {
    const holder = `const server = require('net').createServer().listen(0, '127.0.0.1', () => {
  const { pid } = require('child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'],
    { detached: true, stdio: ['ignore', 'ignore', 'ignore', server._handle.fd] });
  console.log(pid + ' ' + server.address().port);
});`;
    const seen = spawn(node, ['-e', holder], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [said] = await once(seen.stdout, 'data');
    const [unseen, port] = String(said).trim().split(' ').map(Number);
    onTestFinished(() => void process.kill(unseen ?? 0, 'SIGKILL'));
    const look = () => ({
      alive: readProcessTable().filter(({ pid, zombie }) => pid === seen.pid && !zombie),
      groups: new Set<number>(),
      certain: true,
    });
    const { killed, nothingLeft } = await endProcesses({ look, gracefully: false, thoroughly: true });
    expect(killed).toMatchObject({ count: 1, ports: [port] });
    expect(nothingLeft).toBe(false);
  });

  it('does not count as killed what outlives SIGKILL, and says that it is left', async () => {
    // One that has ended and that nobody collects stays in the table, whatever it is sent.
    const parent = spawn(node, ['-e', `console.log(require('child_process').spawn('true').pid); for (;;);`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void parent.kill('SIGKILL'));
    const [said] = await once(parent.stdout, 'data');
    const look = () => ({
      alive: readProcessTable().filter(({ pid }) => pid === Number(said)),
      groups: new Set<number>(),
      certain: true,
    });
    expect(await endProcesses({ look, gracefully: false, thoroughly: true })).toEqual({
      killed: nothingKilled,
      nothingLeft: false,
    });
  });
});

describe.runIf(hasProcessTable)('ending what starts more processes meanwhile', () => {
  it('ends all of them when each is in the same group', async () => {
    const token = `forks-${process.pid}-${Date.now()}`;
    const script = `trap "" TERM; echo ready; while :; do sh -c "sleep 60; : ${token}" & sleep 0.03; done`;
    const { result, abort, firstLine } = start(script);
    await firstLine;
    abort.abort();
    const { killed, nothingLeft } = await result;
    expect(nothingLeft).toBe(true);
    expect(killed.count).toBeGreaterThan(10);
    expect(killed.processes.length).toBeLessThanOrEqual(50);
    expect(processesWith(token)).toEqual([]);
  });

  /** Each link starts the next and ends; the chain ends with its file, which the test removes. */
  const startChain = async (prefix: string) => {
    const file = join(await temporaryFolder(), 'link.sh');
    await writeFile(file, `trap "" TERM\n[ "$1" = 30 ] && echo ready\n${prefix}/bin/sh ${file} $(($1 + 1)) &\n`);
    const chain = start(`/bin/sh ${file} 1; sleep 60`);
    await chain.firstLine;
    chain.abort.abort();
    return { file, ended: await chain.result };
  };

  it('ends a chain of which each link starts the next and ends', async () => {
    const { file, ended } = await startChain('');
    expect(processesWith(file)).toEqual([]);
    expect(ended.nothingLeft).toBe(true);
  });

  it('claims nothing of such a chain that it could not catch up with, where each link has a session of its own', async () => {
    const { file, ended } = await startChain('setsid ');
    const linksSeen = [1, 2, 3, 4, 5].flatMap(() => processesWith(file));
    await rm(file);
    expect({ nothingLeft: ended.nothingLeft, linksSeen }).not.toEqual({
      nothingLeft: true,
      linksSeen: expect.arrayContaining([expect.any(Number)]),
    });
  });
});

import { silentLog } from '@yardmaster/application';
import { createMemoryEventStore } from '@yardmaster/event-store/memory';
import { healthProblemCodes, SystemHealth } from '@yardmaster/protocol';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createManualClock } from '../../../packages/application/test/projections/manual-clock.ts';
import { describeProblem } from '../src/health/describe-problems.ts';
import { type Facts, type Finding, findProblems, statusOf } from '../src/health/find-problems.ts';
import { watchSystemHealth } from '../src/health/system-health.ts';
import { jumpMs, toldForMs, watchClock } from '../src/health/watch-clock.ts';
import { type DiskSpace, levelOf, reserveBytes, watchDisk } from '../src/health/watch-disk.ts';

const start = '2026-03-01T08:00:00.000Z';
const turn = () => new Promise((resolve) => setImmediate(resolve));
const megabyte = 1024 * 1024;
const gigabyte = 1024 * megabyte;

/** A clock by hand whose wall clock can be set. */
function settableClock() {
  const clock = createManualClock(start);
  let offsetMs = 0;
  return {
    ...clock,
    get timers() {
      return clock.timers;
    },
    now: () => new Date(clock.now().getTime() + offsetMs),
    set: (byMs: number) => {
      offsetMs += byMs;
    },
    async pass(ms: number, stepMs = 250) {
      for (let passed = 0; passed < ms; passed += stepMs) {
        clock.advance(stepMs);
        await turn();
      }
    },
  };
}

const allWell: Facts = {
  store: { state: 'ok' },
  readModels: { behind: false, rebuilt: null },
  disk: 'ok',
  messagingConnected: true,
  leader: 'server',
  workers: { online: 1, slots: 2 },
  clockJumpMs: null,
};

function aHealth() {
  const clock = settableClock();
  const memory = createMemoryEventStore();
  const world = {
    outage: null as { readonly reason: string } | null,
    isAway: false,
    answers: true,
    caughtUp: true,
    connected: true,
    leader: 'server' as string | null,
    slots: 2,
    disk: 'ok' as 'ok' | 'low' | 'full',
    jump: null as number | null,
  };
  const health = watchSystemHealth({
    storeWatch: {
      store: { ...memory, lastPosition: () => (world.answers ? Promise.resolve('1' as never) : new Promise(() => {})) },
      get isAway() {
        return world.isAway;
      },
      outage: () => world.outage,
    },
    readModels: { waitFor: async () => world.caughtUp },
    rebuilt: null,
    messaging: {
      get connected() {
        return world.connected;
      },
    },
    leadership: { serverId: 'server', leading: () => world.leader === 'server', leader: () => world.leader },
    fleet: { workers: () => world.slots, liveSlots: () => world.slots },
    disk: { level: () => world.disk },
    clockWatch: { jump: () => world.jump },
    clock,
    log: silentLog,
  });
  onTestFinished(() => health.stop());
  const told: SystemHealth[] = [];
  health.onChange((now) => told.push(now));
  const codes = () => health.told().problems.map(({ code }) => code);
  return { health, world, clock, told, codes };
}

describe('the health of a server', () => {
  it('is ready while nothing is wrong, and says who leads', async () => {
    const { health, told, clock, codes } = aHealth();
    await clock.pass(10_000);
    expect(codes()).toEqual([]);
    expect(told).toEqual([]);
    expect(SystemHealth.parse(health.told())).toEqual({
      status: 'ready',
      problems: [],
      server: { id: 'server', leading: true, leader: 'server' },
    });
  });

  it('tells nobody of what is over in a moment, and says it to whoever asks for this very moment', async () => {
    const { health, world, clock, told } = aHealth();
    world.connected = false;
    const now = await health.look();
    expect([now.status, now.problems.map(({ code }) => code)]).toEqual(['degraded', ['messaging-unavailable']]);
    await clock.pass(1_500);
    world.connected = true;
    await clock.pass(5_000);
    expect(told).toEqual([]);
    expect((await health.look()).status).toBe('ready');
  });

  it('tells once of what lasts, since when it is so, and once that it is over', async () => {
    const { world, clock, told, codes } = aHealth();
    await clock.pass(1_000);
    world.connected = false;
    await clock.pass(60_000);
    expect(codes()).toEqual(['messaging-unavailable']);
    expect(told.map(({ status, problems }) => [status, problems.map(({ since }) => since)])).toEqual([
      ['degraded', ['2026-03-01T08:00:01.500Z']],
    ]);
    world.connected = true;
    await clock.pass(2_000);
    expect(told.map(({ status }) => status)).toEqual(['degraded', 'ready']);
  });

  it('takes what comes back within a moment for one problem', async () => {
    const { world, clock, told, codes } = aHealth();
    for (let times = 0; times < 20; times++) {
      world.isAway = true;
      await clock.pass(1_000);
      world.isAway = false;
      await clock.pass(500);
    }
    expect(codes()).toEqual(['event-store-unavailable']);
    expect(told).toHaveLength(1);
  });

  it('tells another reason of the same problem, and a change of the leader', async () => {
    const { world, clock, told } = aHealth();
    world.outage = { reason: 'connection refused' };
    await clock.pass(3_000);
    world.outage = { reason: 'its disk is full' };
    await clock.pass(3_000);
    expect(told.map(({ problems }) => problems[0]?.message.split('. ')[0])).toEqual([
      'The event store cannot be reached: connection refused',
      'The event store cannot be reached: its disk is full',
    ]);
    world.outage = null;
    world.leader = 'server-2';
    await clock.pass(3_000);
    expect(told.at(-1)).toMatchObject({ status: 'ready', server: { leading: false, leader: 'server-2' } });
  });

  it('finds a store that does not answer, and read models that do not catch up', async () => {
    const { health, world, clock, codes } = aHealth();
    world.answers = false;
    const looking = health.look();
    await clock.pass(2_500);
    expect((await looking).store).toEqual({ state: 'fails' });
    await clock.pass(2_500);
    expect(codes()).toEqual(['event-store-unavailable']);
    world.answers = true;
    world.caughtUp = false;
    await clock.pass(6_000);
    expect([health.told().status, codes()]).toEqual(['unavailable', ['read-models-behind']]);
    world.outage = { reason: 'connection refused' };
    await clock.pass(3_000);
    expect([health.told().status, codes()]).toEqual(['degraded', ['event-store-unavailable']]);
    world.outage = null;
    world.caughtUp = true;
    await clock.pass(6_000);
    expect(codes()).toEqual([]);
  });

  it('goes on without a listener that left, and sets no timer after its stop', async () => {
    const { health, world, clock } = aHealth();
    const seen: unknown[] = [];
    const listening = health.onChange((now) => seen.push(now));
    await listening.stop();
    world.disk = 'full';
    await clock.pass(1_000);
    expect(seen).toEqual([]);
    await health.stop();
    expect(clock.timers).toBe(0);
  });
});

describe('problems', () => {
  it('leave out what only follows from another: without messages nobody can hear of leaders and workers', () => {
    const found = findProblems({
      ...allWell,
      messagingConnected: false,
      leader: null,
      workers: { online: 0, slots: 0 },
    });
    expect(found).toEqual([{ code: 'messaging-unavailable' }]);
  });

  it('are told in the order of their weight, the worst deciding on the whole', () => {
    const found = findProblems({
      store: { state: 'fails' },
      readModels: { behind: true, rebuilt: 'It is damaged.' },
      disk: 'full',
      messagingConnected: true,
      leader: null,
      workers: { online: 1, slots: 0 },
      clockJumpMs: -7_200_000,
    });
    const codes = found.map(({ code }) => code);
    expect(codes).toEqual(healthProblemCodes.filter((code) => codes.includes(code)));
    expect(statusOf(found)).toBe('unavailable');
    expect(statusOf(found.filter(({ code }) => code !== 'read-models-behind'))).toBe('degraded');
    expect(statusOf([{ code: 'disk-low' }, { code: 'clock-jumped' }, { code: 'read-models-rebuilt' }])).toBe('ready');
  });

  it('say in whole sentences what is so, what still works and what to do', () => {
    const findings: readonly Finding[] = [
      { code: 'event-store-unavailable', reason: 'connection refused' },
      { code: 'event-store-unavailable', reason: null },
      { code: 'no-workers', online: 0 },
      { code: 'no-workers', online: 2 },
      { code: 'read-models-rebuilt', reason: 'It is damaged: file is not a database.' },
      { code: 'clock-jumped', byMs: 5_400_000 },
      { code: 'clock-jumped', byMs: -7_000 },
      ...(['read-models-behind', 'disk-full', 'disk-low', 'messaging-unavailable', 'no-leader'] as const).map(
        (code) => ({
          code,
        }),
      ),
    ];
    for (const finding of findings) {
      const { title, message } = describeProblem(finding);
      expect(title).toMatch(/^[A-Z].{5,40}[^.]$/);
      expect(message).toMatch(/^[A-Z].*\.$/);
      expect(message).not.toMatch(/\.\.|null|undefined|NaN/);
    }
    expect(describeProblem({ code: 'clock-jumped', byMs: 5_400_000 }).message).toContain('forward by 90 minutes');
    expect(describeProblem({ code: 'clock-jumped', byMs: -7_000 }).message).toContain('back by 7 seconds');
  });
});

describe('the watch over the disk', () => {
  const space = (freeBytes: number, totalBytes = 100 * gigabyte): DiskSpace => ({
    freeBytes,
    totalBytes,
    freeFiles: 0,
    totalFiles: 0,
  });

  it.each([
    ['a large disk', space(reserveBytes - 1), 'full'],
    ['a large disk', space(reserveBytes), 'low'],
    ['a large disk', space(2 * gigabyte), 'ok'],
    ['a small disk', space(6 * megabyte, 64 * megabyte), 'full'],
    ['a small disk', space(7 * megabyte, 64 * megabyte), 'low'],
    ['a small disk', space(13 * megabyte, 64 * megabyte), 'ok'],
    ['a disk without names', { ...space(50 * gigabyte), freeFiles: 10, totalFiles: 1_000_000 }, 'full'],
    ['a disk with names', { ...space(50 * gigabyte), freeFiles: 100_000, totalFiles: 1_000_000 }, 'ok'],
  ] as const)('judges %s with %o as %s', (_, given, level) => {
    expect(levelOf(given)).toBe(level);
  });

  it('leaves the reserve to what was accepted, takes the fullest disk, and recovers some way behind the bound', async () => {
    const clock = settableClock();
    const free = { data: 50 * gigabyte, artifacts: 50 * gigabyte };
    const disk = await watchDisk({
      folders: ['data', 'artifacts'],
      clock,
      log: silentLog,
      spaceOf: async (folder) => space(free[folder as keyof typeof free]),
    });
    onTestFinished(() => disk.stop());
    expect(disk.level()).toBe('ok');
    expect(await disk.hasRoomFor('upload', 49 * gigabyte)).toBe(true);
    expect(await disk.hasRoomFor('upload', 50 * gigabyte - reserveBytes + 1)).toBe(false);
    expect(await disk.hasRoomFor('output', 50 * gigabyte - reserveBytes + 1)).toBe(true);

    free.artifacts = reserveBytes - 1;
    await clock.pass(3_000);
    expect(disk.level()).toBe('full');
    expect(await disk.hasRoomFor('upload', 0)).toBe(false);
    expect(await disk.hasRoomFor('output', 0)).toBe(true);
    free.artifacts = reserveBytes / 2 - 1;
    expect(await disk.hasRoomFor('output', 0)).toBe(false);

    free.artifacts = reserveBytes + 1;
    await clock.pass(3_000);
    expect([disk.level(), await disk.hasRoomFor('upload', 0)]).toEqual(['full', false]);
    free.artifacts = reserveBytes * 2;
    await clock.pass(3_000);
    expect([disk.level(), await disk.hasRoomFor('upload', 0)]).toEqual(['low', true]);
    await disk.stop();
    expect(clock.timers).toBe(0);
  });

  it('knows no better than before of a disk that cannot be asked, and refuses nothing for it', async () => {
    const clock = settableClock();
    const disk = await watchDisk({
      folders: ['data'],
      clock,
      log: silentLog,
      spaceOf: () => Promise.reject(new Error('EIO')),
    });
    onTestFinished(() => disk.stop());
    expect([disk.level(), await disk.hasRoomFor('upload', gigabyte)]).toEqual(['ok', true]);
  });
});

describe('the watch over the clock', () => {
  function aClockWatch() {
    const clock = settableClock();
    const watch = watchClock({ clock, log: silentLog });
    onTestFinished(() => watch.stop());
    return { clock, watch };
  }

  it.each([3_600_000, -3_600_000, jumpMs, -jumpMs])('tells of a jump by %d ms for some minutes', async (byMs) => {
    const { clock, watch } = aClockWatch();
    await clock.pass(60_000, 1_000);
    expect(watch.jump()).toBeNull();
    clock.set(byMs);
    expect(watch.jump()).toBe(byMs);
    await clock.pass(toldForMs - 1_000, 1_000);
    expect(watch.jump()).toBe(byMs);
    await clock.pass(2_000, 1_000);
    expect(watch.jump()).toBeNull();
  });

  it('adds up several jumps, and passes over the small corrections of a clock that is kept right', async () => {
    const { clock, watch } = aClockWatch();
    for (let seconds = 0; seconds < 600; seconds++) {
      clock.set(jumpMs - 1);
      await clock.pass(1_000, 1_000);
    }
    expect(watch.jump()).toBeNull();
    clock.set(60_000);
    await clock.pass(1_000, 1_000);
    clock.set(-20_000);
    expect(watch.jump()).toBe(40_000);
  });
});

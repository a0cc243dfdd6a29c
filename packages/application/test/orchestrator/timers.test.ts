import { randomUUID } from 'node:crypto';
import { type BuildJobSnapshot, JobId, pendingTimers } from '@yardmaster/domain';
import { describe, expect, it } from 'vitest';
import type { Actors } from '../../src/actors.ts';
import { createOpenJobs } from '../../src/orchestrator/open-jobs.ts';
import { createTimers } from '../../src/orchestrator/timers.ts';
import { recordingLog } from '../projections/opened-read-models.ts';
import { aPresentStore } from './present-store.ts';

const start = Date.parse('2026-01-01T12:00:00.000Z');
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const stepTimeoutMs = 10 * minuteMs;

/** A clock on the wall that can be set, and timers that follow the time that really passes. */
function aWall() {
  let realMs = 0;
  let setByMs = 0;
  const timers = new Set<{ readonly dueMs: number; readonly callback: () => void }>();
  const fireDue = () => {
    for (const timer of [...timers]) if (timer.dueMs <= realMs && timers.delete(timer)) timer.callback();
  };
  return {
    clock: {
      now: () => new Date(start + realMs + setByMs),
      monotonicMs: () => realMs,
      setTimer(delayMs: number, callback: () => void) {
        const timer = { dueMs: realMs + delayMs, callback };
        timers.add(timer);
        return { cancel: () => void timers.delete(timer) };
      },
    },
    /** Time goes by in a process that runs. */
    pass(ms: number) {
      for (const until = realMs + ms; realMs < until; realMs += 500) fireDue();
      fireDue();
    },
    /** The process is stopped: its timers fire when it goes on. */
    stopFor(ms: number) {
      realMs += ms;
      fireDue();
    },
    /** Somebody sets the clock, or the host has slept: no time has passed for the process. */
    setBy(ms: number) {
      setByMs += ms;
    },
  };
}

function armed(timer: 'step' | 'retry', dueInMs: number) {
  const wall = aWall();
  const commands: string[] = [];
  const present = aPresentStore(wall.clock);
  let isAway = false;
  let hearsWorkers = true;
  let presentSinceMs = Number.NEGATIVE_INFINITY;
  const buildJob = {
    async handle(_: JobId, { type }: { readonly type: string }) {
      commands.push(type);
      return { ok: false };
    },
  };
  const timers = createTimers({
    actors: { buildJob } as unknown as Actors,
    openJobs: createOpenJobs(),
    fleet: { listenedLongEnough: () => hearsWorkers },
    storeWatch: {
      ...present,
      get isAway() {
        return isAway;
      },
      presentForMs: () => (isAway ? 0 : wall.clock.monotonicMs() - presentSinceMs),
    },
    clock: wall.clock,
    log: recordingLog().log,
  });
  const dueAt = new Date(start + dueInMs).toISOString();
  const state = {
    value: timer === 'step' ? { building: 'installing' } : 'backingOff',
    context: {
      ...{ attempt: 1, step: 'install', stepTimeoutMs },
      ...{ stepDeadlineAt: timer === 'step' ? dueAt : null, retryDueAt: dueAt },
    },
  } as unknown as BuildJobSnapshot; // what timers are derived from
  expect(pendingTimers(state)).toHaveLength(1);
  timers.arm(JobId.parse(randomUUID()), state);
  return {
    ...wall,
    commands,
    /** The message server is away for so long, or has only just come back. */
    deafFor(ms: number) {
      hearsWorkers = false;
      wall.pass(ms);
      hearsWorkers = true;
    },
    /** The event store is away for so long. */
    outage(ms: number) {
      isAway = true;
      wall.pass(ms);
      isAway = false;
      presentSinceMs = wall.clock.monotonicMs();
    },
  };
}

describe('the deadline of a step', () => {
  it('expires when its time is over, also beyond the longest sleep of a timer', () => {
    const { pass, commands } = armed('step', 5 * minuteMs);
    pass(5 * minuteMs - 1_000);
    expect(commands).toEqual([]);
    pass(2_000);
    expect(commands).toEqual(['ExpireStep']);
  });

  it('moves along while this process was stopped: what the worker has reported meanwhile is still to be read', () => {
    const { pass, stopFor, commands } = armed('step', 30_000);
    pass(20_000);
    stopFor(20_000);
    expect(commands).toEqual([]);
    pass(4_000);
    expect(commands).toEqual([]);
    pass(12_000);
    expect(commands).toEqual(['ExpireStep']);
  });

  it('moves along while the event store was away: the step may have needed it', () => {
    const { pass, outage, commands } = armed('step', minuteMs);
    pass(50_000);
    outage(10 * minuteMs);
    pass(9_000);
    expect(commands).toEqual([]);
    pass(6_000);
    expect(commands).toEqual(['ExpireStep']);
  });

  it('does not expire while no worker can be heard: what it has reported may be on its way', () => {
    const { pass, deafFor, commands } = armed('step', minuteMs);
    pass(50_000);
    deafFor(5 * minuteMs);
    expect(commands).toEqual([]);
    pass(2_000);
    expect(commands).toEqual(['ExpireStep']);
  });

  it('moves along while the host slept, and the build with it', () => {
    const { pass, setBy, commands } = armed('step', 5 * minuteMs);
    pass(2 * minuteMs);
    setBy(8 * hourMs);
    pass(2.5 * minuteMs);
    expect(commands).toEqual([]);
    pass(minuteMs);
    expect(commands).toEqual(['ExpireStep']);
  });

  it('is no further away than the step was granted when the clock was set back before it was armed', () => {
    const { pass, commands } = armed('step', 8 * hourMs);
    pass(stepTimeoutMs - 1_000);
    expect(commands).toEqual([]);
    pass(2_000);
    expect(commands).toEqual(['ExpireStep']);
  });

  it('is not put off by a clock that is set back', () => {
    const { pass, setBy, commands } = armed('step', 5 * minuteMs);
    pass(minuteMs);
    setBy(-hourMs);
    pass(5 * minuteMs);
    expect(commands).toEqual(['ExpireStep']);
  });
});

describe('the pause before a retry', () => {
  it('is over whether or not any worker can be heard', () => {
    const { deafFor, commands } = armed('retry', 50_000);
    deafFor(2 * minuteMs);
    expect(commands).toEqual(['EndBackoff']);
  });

  it('is over when its time has come, whatever happened meanwhile', () => {
    const { pass, setBy, commands } = armed('retry', 50_000);
    pass(10_000);
    setBy(8 * hourMs);
    pass(10_000);
    expect(commands).toEqual(['EndBackoff']);
  });

  it('is not put off by a clock that is set back', () => {
    const { pass, setBy, commands } = armed('retry', 50_000);
    pass(10_000);
    setBy(-hourMs);
    pass(50_000);
    expect(commands).toEqual(['EndBackoff']);
  });

  it('is no longer than the longest one when the clock was set back before it was armed', () => {
    const { pass, commands } = armed('retry', 8 * hourMs);
    pass(minuteMs);
    expect(commands).toEqual(['EndBackoff']);
  });
});

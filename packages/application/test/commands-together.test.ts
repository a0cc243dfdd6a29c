import { randomUUID } from 'node:crypto';
import { type BuildJobCommand, type BuildJobEvent, type BuildJobSnapshot, buildJobDecider } from '@yardmaster/domain';
import { createMemoryEventStore } from '@yardmaster/event-store/memory';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildRequests, commandOf, draws } from '../../domain/test/build-job/random-commands.ts';
import { aDecisionContext, aMoment } from '../../testing/src/fixtures.ts';
import { findBrokenLink } from '../src/hash-chain.ts';
import { type EventStore, EventStoreUnavailable, type RecordedEvent } from '../src/ports/event-store.ts';
import { createStreamActors, type HandleResult, maxConflicts } from '../src/stream-actor.ts';

type Result = HandleResult<BuildJobSnapshot, BuildJobEvent>;
type Settled = PromiseSettledResult<Result>;

const id = 'job-1';
const stream = `buildJob-${id}`;
const system = { kind: 'system', name: 'test' } as const;
const context = aDecisionContext();
/** Each command is known again by what its events say was their cause. */
const causeOf = (index: number) => `command-${index}`;

const actorsOn = (store: EventStore) =>
  createStreamActors({
    store,
    decider: buildJobDecider,
    clock: { now: () => new Date(aMoment), monotonicMs: () => 0, setTimer: () => ({ cancel() {} }) },
    newId: randomUUID,
    random: () => context.random,
  });

/** Commands of a random life of a build, and after how many of them somebody waits for the answers. */
const lives = fc.record({
  commands: fc.tuple(draws, buildRequests).map(([drawn, request]) => {
    let state = buildJobDecider.initialState();
    return drawn.map((draw) => {
      const command = commandOf(draw, state, request);
      const decision = buildJobDecider.decide(command, state, context);
      state = stateAfter(decision.ok ? decision.events : [], state);
      return command;
    });
  }),
  clumps: fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }),
});

function stateAfter(events: readonly BuildJobEvent[], from = buildJobDecider.initialState()): BuildJobSnapshot {
  return events.reduce((state, event) => {
    const evolution = buildJobDecider.evolve(state, event);
    if (!evolution.ok) throw new Error(evolution.drift);
    return evolution.state;
  }, from);
}

/** Sends commands without waiting, but for a pause after each clump until all answers so far are there. */
async function send(
  store: EventStore,
  { commands, clumps }: { readonly commands: readonly BuildJobCommand[]; readonly clumps: readonly number[] },
  onSend: () => (settled: Settled) => void = () => () => {},
): Promise<readonly Settled[]> {
  const actors = actorsOn(store);
  const sent: Promise<Settled>[] = [];
  let left = 0;
  for (const [index, command] of commands.entries()) {
    if (left === 0) {
      await Promise.all(sent);
      left = clumps[index % clumps.length] ?? 1;
    }
    left -= 1;
    const onAnswer = onSend();
    const handled = actors.handle(id, command, { actor: system, causationId: causeOf(index) });
    sent.push(
      Promise.allSettled([handled]).then(([settled]) => {
        onAnswer(settled);
        return settled;
      }),
    );
  }
  return await Promise.all(sent);
}

const told = (settled: Settled) => {
  if (settled.status === 'rejected') return { failed: true };
  const { state, revision, ...result } = settled.value;
  return { revision, state: state.value, context: state.context, ...result, position: undefined };
};
const recorded = ({ type, data, revision, metadata: { from, to, causationId } }: RecordedEvent) => {
  return { type, data, revision, from, to, causationId };
};

describe('commands that are handled together', () => {
  it('lead to the same history and the same answers as one at a time', async () => {
    await fc.assert(
      fc.asyncProperty(lives, async ({ commands, clumps }) => {
        const [one, together] = [createMemoryEventStore(), createMemoryEventStore()];
        const expected = await send(one, { commands, clumps: [1] });
        expect((await send(together, { commands, clumps })).map(told)).toEqual(expected.map(told));
        const events = await together.readStream(stream);
        expect(events.map(recorded)).toEqual((await one.readStream(stream)).map(recorded));
        expect(findBrokenLink(events)).toBeNull();
      }),
    );
  });

  it('are explained by some order of one at a time, whatever the store does', async () => {
    await fc.assert(
      fc.asyncProperty(lives, fc.array(faults, { maxLength: 40, size: 'max' }), async (life, faults) => {
        const inner = createMemoryEventStore();
        const store = faultyStore(inner, faults);
        const answers = await send(store, life, () => {
          const lengthWhenSent = store.length();
          return (settled) => {
            if (settled.status === 'rejected') return;
            // Nobody is told of what is not in the store yet, nor of how it was before the question.
            expect(settled.value.revision).toBeLessThan(store.length());
            expect(settled.value.revision).toBeGreaterThanOrEqual(lengthWhenSent - 1);
          };
        });
        explain(life.commands, answers, await inner.readStream(stream));
      }),
    );
  });
});

/** Checks every answer against the history as it came to be. */
function explain(
  commands: readonly BuildJobCommand[],
  answers: readonly Settled[],
  history: readonly RecordedEvent[],
): void {
  expect(findBrokenLink(history)).toBeNull();
  const domainEvents = history.map(({ type, data, metadata }) =>
    buildJobDecider.parseEvent(type, data, metadata.schemaVersion),
  );
  const stateAt = (revision: number) => stateAfter(domainEvents.slice(0, revision + 1));
  let reached = -1;
  for (const [index, answer] of answers.entries()) {
    const command = commands[index] as BuildJobCommand;
    const own = history.filter(({ metadata }) => metadata.causationId === causeOf(index));
    const first = own[0]?.revision;
    const decidedAt = first !== undefined ? first - 1 : answer.status === 'fulfilled' ? answer.value.revision : null;
    // The store failed, and nothing came of the command.
    if (decidedAt === null) continue;
    const before = stateAt(decidedAt);
    const decision = buildJobDecider.decide(command, before, context);
    expect(decision.ok ? decision.events : []).toEqual(own.map(({ type, data }) => ({ type, data })));
    expect(own.map(({ revision }) => revision)).toEqual(own.map((_, offset) => decidedAt + 1 + offset));
    // In the order in which they came.
    expect(decidedAt).toBeGreaterThanOrEqual(reached);
    reached = decidedAt + own.length;
    if (answer.status === 'rejected') continue;
    const { value } = answer;
    expect(value.ok).toBe(decision.ok);
    if (!value.ok) expect({ ok: false, rejection: value.rejection }).toEqual(decision);
    else expect(value.events).toEqual(own.map(({ type, data }) => ({ type, data })));
    expect(value.revision).toBe(reached);
    expect(value.state.context).toEqual(stateAt(reached).context);
    expect(value.state.value).toEqual(stateAt(reached).value);
  }
}

const faults = fc.record({
  turnsLate: fc.nat({ max: 2 }),
  kind: fc.constantFrom('none', 'none', 'lost-before', 'lost-after', 'race', 'race-after' as const),
});

/** A store that answers late, is away, loses answers, and lets another process append first. */
function faultyStore(
  inner: EventStore,
  faults: readonly { readonly turnsLate: number; readonly kind: string }[],
): EventStore & { length(): number } {
  let calls = 0;
  let length = 0;
  let races = 0;
  const other = actorsOn(inner);
  const next = async () => {
    const fault = faults[calls++] ?? { turnsLate: 0, kind: 'none' };
    for (let turn = 0; turn < fault.turnsLate; turn++) await new Promise((resolve) => setImmediate(resolve));
    if (fault.kind === 'lost-before') throw new EventStoreUnavailable('The server is away.');
    return fault.kind;
  };
  const race = async () => {
    if (races === maxConflicts - 1) return;
    races += 1;
    const raced = await other.handle(id, { type: 'ChangePriority', priority: races }, { actor: system });
    length = Math.max(length, raced.revision + 1);
  };
  return {
    ...inner,
    length: () => length,
    async append(name, expectedRevision, events) {
      const kind = await next();
      if (kind === 'race') await race();
      const result = await inner.append(name, expectedRevision, events);
      if (result.ok) length = result.revision + 1;
      if (kind === 'race-after') await race();
      if (kind === 'lost-after') throw new EventStoreUnavailable('The answer was lost.');
      return result;
    },
    async readStream(name, options) {
      await next();
      return await inner.readStream(name, options);
    },
  };
}

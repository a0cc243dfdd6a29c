import { randomUUID } from 'node:crypto';
import { createStreamActors, type RecordedEvent, systemClock } from '@yardmaster/application';
import { buildJobDecider, finalStatuses, statusOf } from '@yardmaster/domain';
import { createMemoryEventStore } from '@yardmaster/event-store/memory';
import { aBuildRequest, happyCommand } from '@yardmaster/testing';

/** A build that goes well, as a real actor records it, brought to the wanted length by changes of its priority. */
export async function recordedHistory(length: number): Promise<readonly RecordedEvent[]> {
  const store = createMemoryEventStore();
  const actors = createStreamActors({
    store,
    decider: buildJobDecider,
    clock: systemClock,
    newId: randomUUID,
    random: Math.random,
  });
  const envelope = { actor: { kind: 'system', name: 'bench' } } as const;
  const build = async (id: string, priorityChanges: number) => {
    let { state } = await actors.load(id);
    const handle = async (command: Parameters<typeof buildJobDecider.decide>[0]) => {
      const handled = await actors.handle(id, command, envelope);
      if (!handled.ok) throw new Error(handled.rejection.message);
      state = handled.state;
    };
    await handle(happyCommand(state, aBuildRequest()));
    for (let n = 0; n < priorityChanges; n++) await handle({ type: 'ChangePriority', priority: n % 2 });
    while (!finalStatuses.has(statusOf(state.value))) await handle(happyCommand(state, aBuildRequest()));
    return store.readStream(`buildJob-${id}`);
  };
  const shortest = await build('shortest', 0);
  const events = await build('measured', length - shortest.length);
  if (events.length !== length) throw new Error(`A history of ${events.length} events instead of ${length}.`);
  return events;
}

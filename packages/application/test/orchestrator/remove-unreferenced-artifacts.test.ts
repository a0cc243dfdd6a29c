import { ArtifactId } from '@yardmaster/domain';
import { describe, expect, it } from 'vitest';
import {
  removeArtifactsRegularly,
  removeUnreferencedArtifacts,
  shortestArtifactLifeMs,
} from '../../src/orchestrator/remove-unreferenced-artifacts.ts';
import type { Position } from '../../src/ports/event-store.ts';
import { silentLog } from '../../src/ports/log.ts';
import type { ArtifactStore } from '../../src/ports/messaging.ts';
import type { QuarantinedStream } from '../../src/projections/read-models.ts';
import { createManualClock } from '../projections/manual-clock.ts';

const id = (name: string) => ArtifactId.parse(name);
const hourMs = 3_600_000;

function aWorld() {
  const clock = createManualClock('2026-03-01T08:00:00.000Z');
  const kept = new Map<ArtifactId, Date>();
  const undeletable = new Set<ArtifactId>();
  const referenced = new Set<ArtifactId>();
  const quarantined: QuarantinedStream[] = [];
  const deleted: ArtifactId[] = [];
  let onDelete = () => {};
  let catchUp = async () => true;
  const artifacts: Pick<ArtifactStore, 'list' | 'delete'> = {
    async *list() {
      for (const [artifactId, putAt] of kept) yield { id: artifactId, putAt };
    },
    async delete(artifactId) {
      onDelete();
      if (undeletable.has(artifactId)) throw new Error('The disk is broken.');
      kept.delete(artifactId);
      deleted.push(artifactId);
    },
  };
  const readModels = {
    referencedArtifacts: () => referenced,
    quarantined: () => quarantined,
    waitFor: () => catchUp(),
  };
  const store = { lastPosition: async () => '7' as Position };
  return {
    // Only these two are called.
    removal: { artifacts: artifacts as ArtifactStore, store, readModels, clock, log: silentLog },
    clock,
    referenced,
    quarantined,
    undeletable,
    deleted,
    put(...names: string[]) {
      for (const name of names) kept.set(id(name), clock.now());
    },
    kept: () => [...kept.keys()],
    /** What the read models do when they are to show the end of the log, and whether they then do. */
    catchingUp(answer: () => Promise<boolean>) {
      catchUp = answer;
    },
    onDelete(listener: () => void) {
      onDelete = listener;
    },
  };
}

/** Lets everything go on that waits for nothing but its turn. */
const turns = () => new Promise((resolve) => setImmediate(resolve));

describe('removing artifacts that nothing refers to', () => {
  it('keeps what is referred to and what is younger than a day', async () => {
    const world = aWorld();
    world.put('orphan', 'source');
    world.referenced.add(id('source'));
    world.clock.advance(shortestArtifactLifeMs);
    world.put('upload-under-way');
    expect(await removeUnreferencedArtifacts(world.removal)).toBe(0);
    world.clock.advance(1);
    expect(await removeUnreferencedArtifacts(world.removal)).toBe(1);
    expect(world.kept()).toEqual(['source', 'upload-under-way']);
  });

  it('goes on after one that cannot be deleted, and meets it again', async () => {
    const world = aWorld();
    world.put('stuck', 'orphan');
    world.undeletable.add(id('stuck'));
    world.clock.advance(shortestArtifactLifeMs + 1);
    expect(await removeUnreferencedArtifacts(world.removal)).toBe(1);
    world.undeletable.clear();
    expect(await removeUnreferencedArtifacts(world.removal)).toBe(1);
    expect(world.kept()).toEqual([]);
  });

  it('deletes nothing while a stream is quarantined, whose references cannot be seen', async () => {
    const world = aWorld();
    world.put('perhaps-an-orphan');
    world.clock.advance(shortestArtifactLifeMs + 1);
    world.quarantined.push({} as QuarantinedStream); // Only how many there are counts.
    expect(await removeUnreferencedArtifacts(world.removal)).toBe(0);
    expect(world.kept()).toEqual(['perhaps-an-orphan']);
  });

  it('keeps what another server has recorded while this one stood still', async () => {
    const world = aWorld();
    world.put('source');
    world.clock.advance(shortestArtifactLifeMs + 1);
    world.catchingUp(async () => {
      world.referenced.add(id('source'));
      return true;
    });
    expect(await removeUnreferencedArtifacts(world.removal)).toBe(0);
    expect(world.kept()).toEqual(['source']);
  });

  it('deletes nothing while the read models do not show the end of the log', async () => {
    const world = aWorld();
    world.put('source');
    world.clock.advance(shortestArtifactLifeMs + 1);
    world.catchingUp(async () => false);
    expect(await removeUnreferencedArtifacts(world.removal)).toBe(0);
    expect(world.kept()).toEqual(['source']);
  });

  it('looks at the start and then every hour, and no more after it is stopped', async () => {
    const world = aWorld();
    world.put('first');
    world.clock.advance(shortestArtifactLifeMs + 1);
    world.put('second');
    const running = removeArtifactsRegularly(world.removal);
    await turns();
    expect(world.deleted).toEqual(['first']);
    world.clock.advance(shortestArtifactLifeMs + hourMs);
    await turns();
    expect(world.deleted).toEqual(['first', 'second']);
    await running.stop();
    await running.stop();
    expect(world.clock.timers).toBe(0);
  });

  it('ends after the deletion under way when it is stopped', async () => {
    const world = aWorld();
    world.put('first', 'second');
    world.clock.advance(shortestArtifactLifeMs + 1);
    const stopped = Promise.withResolvers<void>();
    const running = removeArtifactsRegularly(world.removal);
    world.onDelete(() => void running.stop().then(stopped.resolve));
    await stopped.promise;
    expect(world.deleted).toEqual(['first']);
  });
});

import { buildJobMachine } from '@yardmaster/domain';
import { describe, expect, test } from 'vitest';
import { type AnyStateNode, setup } from 'xstate';
import { graphOf } from '../src/features/statechart/graph.ts';
import { labelLines } from '../src/features/statechart/labels.ts';
import { transitionId } from '../src/shared/replay/replay-build.ts';

const graph = graphOf(buildJobMachine);
const state = (key: string) => graph.states.get(`buildJob.${key}`);
const labelled = (source: string, target: string) =>
  [...graph.transitions.values()]
    .filter((each) => each.source === `buildJob.${source}` && each.target === `buildJob.${target}`)
    .map((each) => labelLines(each).join(' '));

/** The root among them. */
const stateNodes = nodesFrom(buildJobMachine.root);

function nodesFrom(node: AnyStateNode): readonly AnyStateNode[] {
  return [node, ...Object.values(node.states).flatMap(nodesFrom)];
}

describe("the graph of the machine's chart", () => {
  test('has every transition of the machine exactly once: on an edge, or in the state that it does not leave', () => {
    const drawn = [
      ...graph.edges.flatMap(({ transitions }) => transitions),
      ...[...graph.states.values()].flatMap(({ internal }) => internal),
    ].map(({ id }) => id);
    const all = stateNodes.flatMap(({ transitions }) => [...transitions.values()].flat());
    expect(drawn.toSorted()).toEqual(all.map(transitionId).toSorted());
    expect(new Set(drawn).size).toBe(drawn.length);
  });

  test('has every state but the root, with what lies in it and where it begins', () => {
    const ids = stateNodes.map(({ id }) => id).filter((id) => id !== buildJobMachine.id);
    expect([...graph.states.keys()].toSorted()).toEqual(ids.toSorted());
    expect(state('building')?.children).toHaveLength(5);
    expect(state('building.claimed')).toMatchObject({ parent: 'buildJob.building', isInitial: true });
    expect(state('pending')).toMatchObject({ parent: null, isInitial: true });
    expect([...graph.states.values()].filter(({ isFinal }) => isFinal).map(({ name }) => name)).toEqual([
      'Completed',
      'Failed',
      'Cancelled',
    ]);
  });

  test('tells an event in words, with what decides the way', () => {
    expect(labelled('building.claimed', 'building.extracting')).toEqual(['step started [extract]']);
    expect(labelled('attemptFailed', 'backingOff')).toEqual(['retry scheduled [attempts left]']);
    expect(labelled('building.bundling', 'running')).toEqual(['output published [bundle done]']);
    expect(labelled('backingOff', 'queued')).toEqual(['retry due']);
  });

  test('draws transitions that lead the same way as one line, each with a label of its own', () => {
    const edge = graph.edges.find(
      ({ source, target }) => source === 'buildJob.building' && target === 'buildJob.attemptFailed',
    );
    expect(edge?.transitions.map(({ event }) => event)).toEqual([
      'step failed',
      'step timed out',
      'worker lost',
      'attempt abandoned',
    ]);
  });

  test('lists a transition that stays in its state, not as an edge', () => {
    expect(state('queued')?.internal.map(({ event }) => event)).toEqual(['priority changed']);
    expect(state('building')?.internal.map(({ event }) => event)).toEqual(['step completed']);
    expect(graph.edges.every(({ source, target }) => source !== target)).toBe(true);
  });

  test('has plain words for every guard of the machine', () => {
    for (const { guard } of graph.transitions.values()) expect(guard ?? '').toMatch(/^[a-z ]*$/);
    const names = Object.keys(buildJobMachine.implementations.guards);
    const told = [...graph.transitions.values()].map(({ guard }) => guard);
    for (const name of names) expect(told).not.toContain(name);
  });

  test('draws a machine that it has no wording for by the names in it', () => {
    const door = setup({ guards: { hasKey: (_: unknown, __: { colour: string }) => true } }).createMachine({
      id: 'door',
      initial: 'lockedUp',
      states: {
        lockedUp: { on: { KeyTurned: { target: 'open', guard: { type: 'hasKey', params: { colour: 'red' } } } } },
        open: {},
      },
    });
    const [transition] = graphOf(door).transitions.values();
    expect(transition).toMatchObject({ event: 'key turned', guard: 'has key red', deciding: 'has key red' });
    expect(graphOf(door).states.get('door.lockedUp')?.name).toBe('Locked up');
  });
});

import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate';
import { transitionId } from '../../shared/replay/replay-build.ts';
import { plainWords } from '../../shared/replay/words.ts';
import { guardText, stateName } from './wording.ts';

/** A state of a machine, as the chart draws it. */
export interface ChartState {
  /** Of the machine's state node. */
  readonly id: string;
  readonly name: string;
  readonly isFinal: boolean;
  /** The state around it; null for those that lie directly on the canvas. */
  readonly parent: string | null;
  /** Empty for a leaf. */
  readonly children: readonly string[];
  /** True where the machine, or the state around this one, begins. */
  readonly isInitial: boolean;
  /** Transitions that do something and stay: they are listed in the state, as UML does. */
  readonly internal: readonly ChartTransition[];
}

export interface ChartTransition {
  /** As `transitionId` names it. */
  readonly id: string;
  readonly source: string;
  /** Null where the state is not left. */
  readonly target: string | null;
  /** In words: "step started". */
  readonly event: string;
  /** What must be true, in words; null when nothing. */
  readonly guard: string | null;
  /** The guard, where it decides the way; null for one that only asks whether the event is of the attempt at hand. */
  readonly deciding: string | null;
}

/** Transitions that lead the same way, drawn as one line with a label for each. */
export interface ChartEdge {
  readonly id: string;
  readonly source: string;
  readonly target: string;
  readonly transitions: readonly ChartTransition[];
}

export interface Graph {
  /** In the order of the machine, a parent before its children. The root, which nothing shows, is not among them. */
  readonly states: ReadonlyMap<string, ChartState>;
  readonly transitions: ReadonlyMap<string, ChartTransition>;
  readonly edges: readonly ChartEdge[];
}

/** What a machine's chart consists of. Pure; every transition of the machine is in it exactly once. */
export function graphOf(machine: AnyStateMachine): Graph {
  const states = new Map<string, ChartState>();
  const transitions = new Map<string, ChartTransition>();

  function visit(node: AnyStateNode): void {
    const own = [...node.transitions.values()].flat().map((transition) => chartTransition(node, transition));
    for (const transition of own) transitions.set(transition.id, transition);
    if (node.parent !== undefined) {
      states.set(node.id, {
        id: node.id,
        name: stateName(node.key),
        isFinal: node.type === 'final',
        parent: node.parent.parent === undefined ? null : node.parent.id,
        children: Object.values(node.states).map(({ id }) => id),
        isInitial: node.parent.initial.target.includes(node),
        internal: own.filter(({ target }) => target === null),
      });
    }
    for (const child of Object.values(node.states)) visit(child);
  }

  visit(machine.root);
  return { states, transitions, edges: edgesOf([...transitions.values()]) };
}

function chartTransition(source: AnyStateNode, transition: AnyTransitionDefinition): ChartTransition {
  const guard = guardText(transition.guard);
  return {
    id: transitionId(transition),
    source: source.id,
    target: transition.target?.[0]?.id ?? null,
    event: plainWords(transition.eventType),
    guard: guard?.text ?? null,
    deciding: guard?.isDeciding === true ? guard.text : null,
  };
}

function edgesOf(transitions: readonly ChartTransition[]): readonly ChartEdge[] {
  const edges = new Map<string, ChartEdge>();
  for (const transition of transitions) {
    const { source, target } = transition;
    if (target === null) continue;
    const id = `${source} ${target}`;
    edges.set(id, { id, source, target, transitions: [...(edges.get(id)?.transitions ?? []), transition] });
  }
  return [...edges.values()];
}

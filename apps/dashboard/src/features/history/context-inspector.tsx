import type { Replay } from '../../shared/replay/replay-build.ts';

export interface ContextInspectorProps {
  readonly replay: Replay;
  /** The revision that is looked at. */
  readonly at: number;
}

export function ContextInspector({ replay, at }: ContextInspectorProps) {
  return <pre>{JSON.stringify(replay.frames[at]?.snapshot.context, null, 2)}</pre>;
}

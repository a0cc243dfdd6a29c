import { logDecider } from '@yardmaster/domain';
import { anArtifactId, given, replay } from '@yardmaster/testing';
import { describe, expect, test } from 'vitest';

const data = { artifactId: anArtifactId(), lines: 120, missingLines: 2, sizeBytes: 9_000 };
const sealed = { type: 'LogSealed', data } as const;

describe('sealing a log', () => {
  test('records where it is kept and what is missing', () => {
    given(logDecider, [])
      .when({ type: 'SealLog', ...data })
      .then([sealed]);
  });

  test('happens once, whatever a second seal would say', () => {
    given(logDecider, [sealed])
      .when({ type: 'SealLog', ...data, artifactId: anArtifactId(2), lines: 0 })
      .thenNothing();
  });

  test('twice in one history is drift', () => {
    const open = logDecider.initialState();
    const state = replay(logDecider, open, [sealed]);
    expect(logDecider.evolve(state, sealed)).toMatchObject({ ok: false });
    expect([logDecider.stateValue(open), logDecider.stateValue(state)]).toEqual(['open', 'sealed']);
  });
});

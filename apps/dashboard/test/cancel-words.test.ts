import type { KillEvidence } from '@yardmaster/domain';
import { describe, expect, test } from 'vitest';
import { endText, portsText, unnamedCount } from '../src/features/job/cancel-words.ts';

const killed = (given: Partial<KillEvidence> = {}): KillEvidence => ({
  processes: [{ pid: 4711, command: 'node' }],
  ports: [5_173],
  workspaceRemoved: true,
  ...given,
});

describe('what a cancelled build came to', () => {
  test.each([
    ['proven, with evidence', { proven: true, killed: killed() }, /^Nothing of it runs on\.$/],
    ['proven, by an older version', { proven: true, killed: null }, /^Nothing of it runs on\.$/],
    ['not proven, since nobody told', { proven: false, killed: null }, /confirmed/],
    ['not proven, since files are left', { proven: false, killed: killed({ workspaceRemoved: false }) }, /remove/],
    ['not proven, since something may run', { proven: false, killed: killed() }, /process .* port/],
  ])('%s', (_name, end, expected) => expect(endText(end)).toMatch(expected));

  test('counts the processes that are not named', () => {
    expect(unnamedCount({ killedProcesses: 61, killed: killed() })).toBe(60);
    expect(unnamedCount({ killedProcesses: 1, killed: killed() })).toBe(0);
    expect(unnamedCount({ killedProcesses: 3, killed: null })).toBe(3);
  });

  test('names every port, or that there was none', () => {
    expect(portsText([5_173, 24_678])).toBe('5173, 24678');
    expect(portsText([])).toBe('None');
  });
});

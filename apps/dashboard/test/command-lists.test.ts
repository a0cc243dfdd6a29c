import type { JobSummary } from '@yardmaster/protocol';
import { describe, expect, test, vi } from 'vitest';
import { type CommandActions, commandGroups } from '../src/app/command-lists.tsx';
import { jobSummary } from './job-summary.ts';

const previewUrl = 'http://corner-shop-1.preview.localhost:4600/';

function offered(here: JobSummary, { isPast = false, mayRelease = false } = {}) {
  const actions: CommandActions = {
    shell: vi.fn(),
    openBuild: vi.fn(),
    showBuilds: vi.fn(),
    backToLive: vi.fn(),
    askToCancel: vi.fn(),
    askToRelease: vi.fn(),
    retry: vi.fn(),
    openPreview: vi.fn(),
    openPreferences: vi.fn(),
    signOut: vi.fn(),
  };
  const groups = commandGroups({ here, isPast, builds: [here], viewer: { role: 'operator' }, mayRelease }, actions);
  const commands = groups.find(({ title }) => title === 'This build')?.commands ?? [];
  return { actions, commands, ids: commands.map(({ id }) => id) };
}

describe('the commands for the build whose page this is', () => {
  const building = jobSummary({ id: 'a', status: 'building', state: { building: 'installing' } });

  test('ask before they cancel it', () => {
    const { commands, actions } = offered(building);
    commands.find(({ id }) => id === 'cancel')?.run();
    expect(actions.askToCancel).toHaveBeenCalledOnce();
  });

  test('offer what can be done with it as it is', () => {
    expect(offered(building).ids).toEqual(['cancel']);
    expect(offered(jobSummary({ id: 'a', status: 'building', state: 'cancelling' })).ids).toEqual([]);
    expect(offered(jobSummary({ id: 'a', status: 'completed', state: 'completed', previewUrl })).ids).toEqual([
      'preview',
      'retry',
    ]);
  });

  test('ask before they release one that was set aside, which is not retried', () => {
    const { commands, actions, ids } = offered(jobSummary({ id: 'a', status: 'failed', state: 'failed' }), {
      mayRelease: true,
    });
    expect(ids).toEqual(['release']);
    commands[0]?.run();
    expect(actions.askToRelease).toHaveBeenCalledOnce();
    expect(actions.retry).not.toHaveBeenCalled();
  });

  test('lead back from the past, and do nothing about it', () => {
    expect(offered(building, { isPast: true }).ids).toEqual(['live']);
  });

  test('open no preview that is not on the web', () => {
    const odd = jobSummary({ id: 'a', status: 'completed', state: 'completed', previewUrl: 'javascript:alert(1)' });
    expect(offered(odd).ids).toEqual(['retry']);
  });
});

test('the dead letters are offered to operators and administrators only', () => {
  const places = (role: 'user' | 'operator' | 'admin') => {
    const { actions } = offered(jobSummary({ id: 'a' }));
    const groups = commandGroups(
      { here: null, isPast: false, builds: [], viewer: { role }, mayRelease: false },
      actions,
    );
    return groups.find(({ title }) => title === 'Go to')?.commands.map(({ id }) => id) ?? [];
  };
  expect(places('user')).not.toContain('deadLetters');
  expect(places('operator')).toContain('deadLetters');
  expect(places('admin')).toContain('deadLetters');
});

import { describe, expect, test } from 'vitest';
import { type Command, rankCommands } from '../src/features/command-palette/rank-commands.ts';

const command = (label: string, words: Pick<Command, 'detail' | 'keywords'> = {}): Command => ({
  id: label,
  label,
  icon: null,
  run: () => {},
  ...words,
});

const groups = [
  { title: 'Go to', commands: [command('Builds'), command('Upload a project'), command('Notifications')] },
  {
    title: 'Builds',
    commands: [
      command('corner-shop', { detail: '#7 · Completed' }),
      command('corner-shop', { detail: '#8 · Failed' }),
      command('garden', { detail: '#1 · Failed' }),
    ],
  },
  {
    title: 'Yours',
    commands: [command('Switch between light and dark', { keywords: ['theme'] }), command('Sign out')],
  },
];

const found = (text: string) =>
  rankCommands(groups, text).flatMap(({ commands }) =>
    commands.map(({ label, detail = '' }) => `${label} ${detail}`.trim()),
  );

describe('the command palette', () => {
  test('shows everything in its order while nothing is typed', () => {
    expect(rankCommands(groups, '')).toEqual(groups);
  });

  test('puts the group of the best match first', () => {
    expect(rankCommands(groups, 'sign').map(({ title }) => title)).toEqual(['Yours']);
    expect(rankCommands(groups, 'corner')[0]?.title).toBe('Builds');
  });

  test('finds a build by its name, its number and its status', () => {
    expect(found('corner-shop #8')[0]).toBe('corner-shop #8 · Failed');
    expect(found('garden')).toEqual(['garden #1 · Failed']);
    expect(found('failed')).toEqual(['corner-shop #8 · Failed', 'garden #1 · Failed']);
  });

  test('finds a command by other words, by its initials, and with letters left out', () => {
    expect(found('theme')).toEqual(['Switch between light and dark']);
    expect(found('cs')[0]).toContain('corner-shop');
    expect(found('sgn')[0]).toBe('Sign out');
  });

  test('leaves out what only happens to have the letters', () => {
    // n-o-t-i-F-i-c-A-t-I-o-n-s has all but the last of them.
    expect(found('fail')).not.toContain('Notifications');
    expect(found('up')).toEqual(['Upload a project']);
    // Also where nothing else matches: the search for builds of that name is what is meant.
    expect(
      rankCommands([{ title: 'Go to', commands: [command('Notifications', { keywords: ['news'] })] }], 'notes'),
    ).toEqual([]);
  });

  test('finds nothing for what nothing has', () => {
    expect(rankCommands(groups, 'zzz')).toEqual([]);
  });
});

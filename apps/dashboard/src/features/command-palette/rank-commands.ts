import { defaultFilter } from 'cmdk';
import type { ReactNode } from 'react';

/** Something that can be chosen by typing a part of its label. */
export interface Command {
  readonly id: string;
  readonly label: string;
  readonly icon: ReactNode;
  /** After the label, in a lower voice; it is found by this too. */
  readonly detail?: string;
  /** Other words that it is found by. */
  readonly keywords?: readonly string[];
  /** The keys that do the same, as they are printed. */
  readonly keys?: readonly string[];
  readonly run: () => void;
}

export interface CommandGroup {
  readonly title: string;
  readonly commands: readonly Command[];
}

/** Below this the letters are only strewn somewhere over it: whoever typed "notes" does not mean "Notifications". */
const minScore = 0.1;

/** What matches this much worse than the best only has its letters somewhere. */
const minShareOfBest = 0.1;

/** The commands that a text may mean, the best first, and the groups in the order of their best. No text keeps all. */
export function rankCommands(groups: readonly CommandGroup[], text: string): readonly CommandGroup[] {
  if (text === '') return groups;
  const scored = groups.map(({ title, commands }) => {
    const matches = commands.map((command) => ({ command, score: scoreOf(command, text) }));
    return { title, matches: matches.sort((a, b) => b.score - a.score), best: matches[0]?.score ?? 0 };
  });
  const least = Math.max(minScore, Math.max(...scored.map(({ best }) => best)) * minShareOfBest);
  return scored
    .sort((a, b) => b.best - a.best)
    .map(({ title, matches }) => ({
      title,
      commands: matches.filter(({ score }) => score >= least).map(({ command }) => command),
    }))
    .filter(({ commands }) => commands.length > 0);
}

function scoreOf({ label, detail, keywords = [] }: Command, text: string): number {
  return defaultFilter(label, text, [...(detail === undefined ? [] : [detail]), ...keywords]);
}

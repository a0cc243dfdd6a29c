/** Tells a person what happens, one line each, and counts it. */
export interface Journal {
  say(text: string): void;
  /** Milliseconds since the beginning. */
  elapsedMs(): number;
}

export function createJournal(write: (line: string) => void): Journal {
  const beganMs = performance.now();
  const elapsedMs = (): number => performance.now() - beganMs;
  return {
    elapsedMs,
    say: (text) => write(`${new Date().toISOString().slice(11, 23)} ${seconds(elapsedMs()).padStart(8)}  ${text}`),
  };
}

export const seconds = (durationMs: number): string => `${(durationMs / 1_000).toFixed(1)} s`;

/** How often something happened, by its name. */
export function createTally() {
  const counts = new Map<string, number>();
  return {
    add(name: string, by = 1): void {
      counts.set(name, (counts.get(name) ?? 0) + by);
    },
    of: (name: string): number => counts.get(name) ?? 0,
    text: (): string =>
      [...counts]
        .sort(([one], [other]) => one.localeCompare(other))
        .map(([name, count]) => `${name} ${count}`)
        .join(', ') || 'none',
  };
}
export type Tally = ReturnType<typeof createTally>;

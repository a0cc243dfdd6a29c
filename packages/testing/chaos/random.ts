/** Numbers that look random and follow from a seed: what is drawn in one order comes again in the same order. */
export interface Random {
  /** 0 ≤ n < 1 */
  next(): number;
  /** A whole number, both ends included. */
  between(min: number, max: number): number;
  chance(probability: number): boolean;
  /** Throws on an empty list. */
  pick<Item>(items: readonly Item[]): Item;
  shuffled<Item>(items: readonly Item[]): readonly Item[];
}

/** The generator is mulberry32, by Tommy Ettinger (public domain). */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (min: number, max: number): number => min + Math.floor(next() * (max - min + 1));
  return {
    next,
    between,
    chance: (probability) => next() < probability,
    pick(items) {
      if (items.length === 0) throw new RangeError('There is nothing to pick from.');
      return items[between(0, items.length - 1)] as (typeof items)[number]; // in range
    },
    shuffled(items) {
      const result = [...items];
      for (let last = result.length - 1; last > 0; last--) {
        const other = between(0, last);
        [result[last], result[other]] = [result[other] as never, result[last] as never]; // both in range
      }
      return result;
    },
  };
}

/**
 * `total` things of the kinds given, each at least once where there is room, in proportion to its weight, a whole
 * number, shuffled.
 */
export function mixOf<Kind extends string>(
  weights: Readonly<Record<Kind, number>>,
  { total, random }: { readonly total: number; readonly random: Random },
): readonly Kind[] {
  const kinds = (Object.keys(weights) as Kind[]).filter((kind) => weights[kind] > 0); // the record has these keys only
  const tickets = kinds.flatMap((kind) => Array.from({ length: weights[kind] }, () => kind));
  const once = random.shuffled(kinds).slice(0, total);
  return random.shuffled([...once, ...Array.from({ length: total - once.length }, () => random.pick(tickets))]);
}

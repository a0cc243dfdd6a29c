import { parseArgs } from 'node:util';

const MAX_SEED = 2 ** 31 - 1;
/** Of each number: the least, the most, and what is taken where none is given. */
const NUMBERS = {
  builds: { min: 1, max: 10_000, otherwise: () => 300 },
  kills: { min: 0, max: 10_000, otherwise: () => 100 },
  seed: { min: 0, max: MAX_SEED, otherwise: () => Math.floor(Math.random() * MAX_SEED) },
  servers: { min: 1, max: 8, otherwise: () => 2 },
  workers: { min: 1, max: 64, otherwise: () => 3 },
} as const;
type NumberName = keyof typeof NUMBERS;

const STORES = ['sqlite', 'eventstoredb'] as const;

export type ChaosOptions = Readonly<Record<NumberName, number>> & {
  readonly store: (typeof STORES)[number];
  /** Whether the data directory stays when every verdict holds. */
  readonly keep: boolean;
};

export const usage = `npm run chaos [-- options]

Starts the product, uploads small projects through all its gateways, kills and pauses its processes at random meanwhile,
and then says whether anything was lost. Ends with 0 when every verdict holds.

--builds 300   uploads in all
--kills 100    SIGKILLs in all, half as many pauses (SIGSTOP) beside them
--seed <n>     what is done in which order; a new one by default
--servers 2    servers of the product
--workers 3    workers, with two slots each
--store sqlite or eventstoredb, which is this repository's wire server in a process of its own
--keep         keep the data directory even when every verdict holds
`;

/** Throws what a person has to be told when an option is unknown or does not fit. */
export function readOptions(args: readonly string[]): ChaosOptions | 'help' {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      builds: text,
      kills: text,
      seed: text,
      servers: text,
      workers: text,
      store: text,
      keep: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help === true) return 'help';
  const number = (name: NumberName) => numberOf(name, values[name]);
  const store = STORES.find((name) => name === (values.store ?? 'sqlite'));
  if (store === undefined) throw new Error(`--store: it must be ${STORES.join(' or ')}.`);
  return {
    builds: number('builds'),
    kills: number('kills'),
    seed: number('seed'),
    servers: number('servers'),
    workers: number('workers'),
    store,
    keep: values.keep ?? false,
  };
}

function numberOf(name: NumberName, given: string | undefined): number {
  const { min, max, otherwise } = NUMBERS[name];
  if (given === undefined) return otherwise();
  const number = Number(given);
  if (/^\d+$/.test(given) && number >= min && number <= max) return number;
  throw new Error(`--${name}: it must be a whole number from ${min} to ${max}.`);
}

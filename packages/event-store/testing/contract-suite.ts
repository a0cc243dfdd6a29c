import { beforeEach, describe, test } from 'vitest';
import { appendCases } from './contract/append-cases.ts';
import type { ContractCase, OpenedEventStore } from './contract/contract-case.ts';
import { instanceCases } from './contract/instance-cases.ts';
import { readCases } from './contract/read-cases.ts';
import { subscribeCases } from './contract/subscribe-cases.ts';

export type { OpenedEventStore } from './contract/contract-case.ts';

/** A case that an adapter does not run, and why: `name` is exactly the case's. */
export interface ContractSkip {
  readonly name: string;
  readonly reason: string;
}

export interface EventStoreContract {
  /** The adapter's name in the test report. */
  readonly name: string;
  /**
   * Opens a store for one case. It should be empty; where it cannot be (a shared server), every case still holds but
   * the one about the empty store, as long as nobody else writes meanwhile.
   */
  open(): Promise<OpenedEventStore>;
  readonly skips?: readonly ContractSkip[];
}

const cases: readonly ContractCase[] = [...appendCases, ...readCases, ...subscribeCases, ...instanceCases];

/**
 * Registers the tests that every {@link EventStore} adapter must pass. What an adapter cannot do it declares as a skip
 * with a reason; a skip that names no case fails, so that none outlives its case.
 */
export function eventStoreContract({ name, open, skips = [] }: EventStoreContract): void {
  const reasons = new Map(skips.map((skip) => [skip.name, skip.reason]));
  const unknown = [...reasons.keys()].filter((skipped) => !cases.some((one) => one.name === skipped));
  if (unknown.length > 0) throw new Error(`No case of the contract has the name: ${unknown.join('; ')}`);

  describe(`the event store contract: ${name}`, () => {
    let opened: OpenedEventStore;
    beforeEach(async () => {
      opened = await open();
      return () => opened.close();
    });

    for (const one of cases) {
      const reason = reasons.get(one.name);
      if (reason !== undefined) test.skip(`${one.name} (skipped: ${reason})`, () => {});
      else test(one.name, () => one.run(opened));
    }
  });
}

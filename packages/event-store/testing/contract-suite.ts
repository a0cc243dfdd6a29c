import { beforeEach, describe, test } from 'vitest';
import { appendCases } from './contract/append-cases.ts';
import type { ContractCase, OpenedEventStore } from './contract/contract-case.ts';
import { instanceCases } from './contract/instance-cases.ts';
import { readCases } from './contract/read-cases.ts';
import { subscribeCases } from './contract/subscribe-cases.ts';

export type { OpenedEventStore } from './contract/contract-case.ts';

export interface EventStoreContract {
  /** The adapter's name in the test report. */
  readonly name: string;
  /** Opens an empty store for one case; nobody else may write to it meanwhile. */
  open(): Promise<OpenedEventStore>;
}

const cases: readonly ContractCase[] = [...appendCases, ...readCases, ...subscribeCases, ...instanceCases];

/** Registers the tests that every {@link EventStore} adapter must pass, all of them: there are no skips. */
export function eventStoreContract({ name, open }: EventStoreContract): void {
  describe(`the event store contract: ${name}`, () => {
    let opened: OpenedEventStore;
    beforeEach(async () => {
      opened = await open();
      return () => opened.close();
    });

    for (const one of cases) test(one.name, () => one.run(opened));
  });
}

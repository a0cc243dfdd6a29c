import { deciders } from '@yardmaster/domain';
import { isRecorded, type RecordedHistory, writeRecordedHistory } from './recorded-histories.ts';
import { recordScenarios } from './scenarios.ts';

/**
 * `node packages/testing/test/histories/record-histories.ts` records the scenarios with the models of today, for every
 * category whose machine version has no histories yet. What was recorded before stays as it is. Of scenarios that are the
 * same for a category the first is enough.
 */
const missing = deciders.filter(({ category, machineVersion }) => !isRecorded({ category, machineVersion }));
const recorded = new Map<string, RecordedHistory>();
for (const { scenario, events } of await recordScenarios()) {
  for (const { category, machineVersion } of missing) {
    const own = events.filter(({ metadata }) => metadata.stream.startsWith(`${category}-`));
    const course = [category, ...own.map(({ type }) => type)].join(' ');
    if (own.length > 0 && !recorded.has(course))
      recorded.set(course, { category, machineVersion, scenario, events: own });
  }
}
for (const history of recorded.values()) {
  writeRecordedHistory(history);
  console.log(
    `${history.category}/${history.machineVersion}/${history.scenario}.ndjson: ${history.events.length} events`,
  );
}
if (recorded.size === 0) {
  console.error(
    'Every machine version has its histories, and they are never recorded anew: raise machineVersion first.',
  );
  process.exitCode = 1;
}

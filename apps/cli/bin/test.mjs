#!/usr/bin/env node
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot, toolsFolder } from './bootstrap/places.mjs';
import { runEntry, runProduct } from './bootstrap/run-product.mjs';

// `npm test [-- <vitest arguments>]`: set-up, every test, and as the last line how many passed and failed.
await runEntry(async () => {
  const report = join(toolsFolder, `test-report-${process.pid}.json`);
  const vitest = join(repositoryRoot, 'node_modules', 'vitest', 'vitest.mjs');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const code = await runProduct([vitest, 'run', ...reporters, ...process.argv.slice(2)], { cwd: repositoryRoot });
  const counts = readCounts(report);
  rmSync(report, { force: true });
  // A run can fail with no failed test: a file that cannot be loaded, an error outside of any test, no test at all.
  const failed = counts.failed === 0 && (code !== 0 || counts.passed === 0) ? 1 : counts.failed;
  const skipped = counts.skipped === 0 ? '' : `, ${counts.skipped} skipped`;
  process.stdout.write(`${counts.passed} passed, ${failed} failed${skipped}\n`);
  return failed === 0 ? 0 : 1;
});

/** @param {string} file */
function readCounts(file) {
  try {
    const report = JSON.parse(readFileSync(file, 'utf8'));
    return {
      passed: Number(report.numPassedTests),
      failed: Number(report.numFailedTests),
      skipped: Number(report.numPendingTests) + Number(report.numTodoTests),
    };
  } catch {
    return { passed: 0, failed: 0, skipped: 0 }; // vitest ended before it could write a report
  }
}

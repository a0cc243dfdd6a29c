import type { LogBatch, WorkerReport } from '@yardmaster/protocol';
import { encode } from './messages.ts';
import { maxMessageBytes } from './streams.ts';

/** The report as bytes, with as many of its annotations, from the first on, as a message has room for. */
export function fitReport(report: WorkerReport): Uint8Array {
  const data = encode(report);
  if (data.length <= maxMessageBytes || report.kind !== 'step-failed' || report.annotations.length === 0) return data;
  return fitReport({ ...report, annotations: report.annotations.slice(0, Math.floor(report.annotations.length / 2)) });
}

/** The batch as bytes, halved until each part fits. The end marker stays with the last part. */
export function fitLogBatch(batch: LogBatch): readonly Uint8Array[] {
  const data = encode(batch);
  if (data.length <= maxMessageBytes || batch.lines.length < 2) return [data];
  const half = Math.ceil(batch.lines.length / 2);
  return [
    ...fitLogBatch({ ...batch, lines: batch.lines.slice(0, half), end: null }),
    ...fitLogBatch({ ...batch, firstLine: batch.firstLine + half, lines: batch.lines.slice(half) }),
  ];
}

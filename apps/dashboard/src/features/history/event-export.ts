import type { EventView } from '@yardmaster/protocol';
import { type Replay, recordedEvents } from '../../shared/replay/replay-build.ts';
import { describeEvent } from './describe-event.ts';
import { actorOf } from './event-actor.ts';

/** One event a line, as the API gives it. */
export function eventsAsNdjson(replay: Replay): string {
  return recordedEvents(replay)
    .map((event) => `${JSON.stringify(event)}\n`)
    .join('');
}

const columns = [
  'revision',
  'occurredAt',
  'type',
  'description',
  'actorKind',
  'actor',
  'from',
  'to',
  'data',
  'eventId',
  'hash',
] as const;

/** A table for spreadsheets (RFC 4180). */
export function eventsAsCsv(replay: Replay): string {
  const rows = recordedEvents(replay).map((event) => csvRow(event, descriptionIn(replay, event.revision)));
  return [columns, ...rows].map((cells) => `${cells.map(csvCell).join(',')}\r\n`).join('');
}

function csvRow({ revision, type, data, metadata, ...event }: EventView, description: string): readonly string[] {
  const actor = actorOf({ revision, type, data, metadata, ...event }, null);
  return [
    String(revision),
    textOf(metadata.occurredAt),
    type,
    description,
    actor.kind,
    actor.name,
    textOf(metadata.from),
    textOf(metadata.to),
    JSON.stringify(data),
    textOf(metadata.eventId),
    textOf(metadata.hash),
  ];
}

function descriptionIn({ frames }: Replay, revision: number): string {
  const frame = frames[revision];
  if (frame === undefined) return '';
  const { title, detail } = describeEvent(frame.event, frames[revision - 1]?.snapshot.context ?? null);
  return detail === null ? title : `${title}: ${detail}`;
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/**
 * A cell as any spreadsheet reads it back. Names and messages come from outside, so what a spreadsheet would run as a
 * formula gets an apostrophe in front (OWASP, "CSV injection").
 */
export function csvCell(text: string): string {
  const inert = /^\s*[=+\-@＝＋－＠]|^[\t\r\n]/.test(text) ? `'${text}` : text;
  return /[",\r\n\t;']|^\s|\s$/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
}

/** `corner-shop-7-events.csv` */
export function exportFileName({ frames }: Replay, extension: 'ndjson' | 'csv'): string {
  const name = frames.at(-1)?.snapshot.context.request?.previewName ?? 'build';
  return `${name}-events.${extension}`;
}

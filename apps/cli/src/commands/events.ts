import { parseArgs } from 'node:util';
import { EventView } from '@yardmaster/protocol';
import { z } from 'zod';
import { connect, serverOptions, serverOptionsUsage } from '../client/api-client.ts';
import { jobIdFrom } from '../client/job-id.ts';
import type { Command } from '../command.ts';

const History = z.object({ events: z.array(EventView) });

export const command: Command = {
  summary: "Print a build's whole history.",
  usage: `events <job> [options]

  --json           one line of JSON per event, with data and metadata
${serverOptionsUsage}`,
  async run(args, io) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { json: { type: 'boolean', default: false }, ...serverOptions },
    });
    const client = await connect(values, io);
    const { events } = await client.request(History, 'GET', `/jobs/${jobIdFrom(positionals)}/events`);
    io.out(events.map((event) => `${values.json ? JSON.stringify(event) : historyLine(event)}\n`).join(''));
    return 0;
  },
};

function historyLine({ revision, type, metadata }: EventView): string {
  const { occurredAt, to } = metadata as { readonly occurredAt: string; readonly to: unknown };
  const state =
    typeof to === 'string'
      ? to
      : Object.entries(to as object)
          .flat()
          .join(' › ');
  return `${String(revision).padStart(4)}  ${occurredAt}  ${type.padEnd(18)}  ${state}`;
}

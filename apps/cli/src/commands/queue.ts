import { parseArgs } from 'node:util';
import { type JobSummary, UserQueue } from '@yardmaster/protocol';
import { connect, serverOptions, serverOptionsUsage } from '../client/api-client.ts';
import { plain } from '../client/build-screen.ts';
import type { Command } from '../command.ts';

export const command: Command = {
  summary: 'List your waiting, running and last ended builds.',
  usage: `queue [options]

  --json           as one line of JSON
${serverOptionsUsage}`,
  async run(args, io) {
    const { values } = parseArgs({
      args: [...args],
      options: { json: { type: 'boolean', default: false }, ...serverOptions },
    });
    const client = await connect(values, io);
    const queue = await client.request(UserQueue, 'GET', '/user/queue');
    io.out(values.json ? `${JSON.stringify(queue)}\n` : queueText(queue));
    return 0;
  },
};

function queueText({ activeJobs, completedJobs }: UserQueue): string {
  const jobs = [...activeJobs, ...completedJobs];
  if (jobs.length === 0) return 'No builds yet. Start one with: yardmaster deploy <folder>\n';
  return jobs.map((job) => `${job.id}  ${job.status.padEnd(9)}  ${title(job)}  ${whereItIs(job)}\n`).join('');
}

const title = ({ websiteName, buildNumber }: JobSummary) => `${plain(websiteName)} #${buildNumber}`.padEnd(24);

function whereItIs(job: JobSummary): string {
  if (job.queuePosition !== null) return `position ${job.queuePosition}. ${job.waitingReason ?? ''}`;
  return job.previewUrl ?? job.error?.message ?? `${job.progress} % ${job.currentStep}`;
}

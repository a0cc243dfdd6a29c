import { newJobCommand } from '../client/new-job-command.ts';

export const command = newJobCommand({
  summary: 'Build an ended build once more, as a new job.',
  usage: 'retry <job> [options]',
  path: (jobId) => `/jobs/${jobId}/retry`,
});

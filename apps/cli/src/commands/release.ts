import { newJobCommand } from '../client/new-job-command.ts';

export const command = newJobCommand({
  summary: 'Build one that was set aside again, as a new job.',
  usage: `release <job> [options]

For operators and admins. "yardmaster dead-letters" lists what is set aside. The same job again gives the same new one.`,
  path: (jobId) => `/admin/dead-letters/${jobId}/release`,
});

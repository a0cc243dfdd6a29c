import type { WorkerLoss } from '@yardmaster/domain';
import { stepNames } from '../jobs/job-display.ts';

/** Where the attempt was when its worker was lost, and what else that worker had. */
export function lossFacts({ step, alone }: WorkerLoss): { readonly place: string; readonly company: string } {
  return {
    place: step === null ? 'before its first step' : `at “${stepNames[step]}”`,
    company: alone ? 'Alone on the worker' : 'Not known to be alone',
  };
}

/** Why a build was set aside, in one sentence. */
export function whySetAside(losses: readonly WorkerLoss[]): string {
  const alone = losses.filter((loss) => loss.alone).length;
  if (alone >= 2)
    return `Its worker was lost ${times(alone)} while it had this build only, so the build is probably why.`;
  return `The last of its attempts lost its worker${losses.length > 1 ? `, as ${times(losses.length - 1, 'before')}` : ''}.`;
}

function times(count: number, suffix = ''): string {
  const text = count === 1 ? 'once' : count === 2 ? 'twice' : `${count} times`;
  return suffix === '' ? text : `${text} ${suffix}`;
}

import type { JobSummary } from '@yardmaster/protocol';

interface JobProps {
  readonly job: JobSummary;
}

/**
 * For `memo`: whether a part of a card would draw the same, because nothing changed but what it does not show. A build
 * that is under way changes many times a second, and its links and menus are the most expensive to draw.
 */
export function sameJob<Props extends JobProps>(...shown: readonly (keyof JobSummary)[]) {
  return ({ job: before, ...propsBefore }: Props, { job: now, ...propsNow }: Props): boolean => {
    const others = Object.entries(propsNow);
    const old: Readonly<Record<string, unknown>> = propsBefore;
    return shown.every((field) => before[field] === now[field]) && others.every(([name, value]) => old[name] === value);
  };
}

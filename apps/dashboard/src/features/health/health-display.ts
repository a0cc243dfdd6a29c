import type { HealthProblem, HealthProblemCode, SystemHealth } from '@yardmaster/protocol';

/** `critical`: what is asked for may be refused or what is seen be old. `warning`: it waits, or is about to go wrong. */
export type Severity = 'critical' | 'warning';

const severities: Readonly<Record<HealthProblemCode, Severity>> = {
  'event-store-unavailable': 'critical',
  'read-models-behind': 'critical',
  'disk-full': 'critical',
  'messaging-unavailable': 'critical',
  'no-leader': 'critical',
  'no-workers': 'warning',
  'disk-low': 'warning',
  'read-models-rebuilt': 'warning',
  'clock-jumped': 'warning',
};

export const severityOf = ({ code }: Pick<HealthProblem, 'code'>): Severity => severities[code];

/** The severity of several problems is that of the gravest. */
export const gravestOf = (problems: readonly Pick<HealthProblem, 'code'>[]): Severity =>
  problems.some((problem) => severityOf(problem) === 'critical') ? 'critical' : 'warning';

interface Headline {
  readonly headline: string;
  /** Of the problems, where the headline is not the title of the only one. */
  readonly titles: readonly string[];
}

/** Everything in a line. With some problems everything still works. */
export function headlineOf({ status, problems }: SystemHealth): Headline {
  const titles = problems.map(({ title }) => title);
  const [only = '', ...others] = titles;
  if (others.length === 0) return { headline: only, titles: [] };
  return {
    headline: status === 'ready' ? `${titles.length} things to know:` : 'Yardmaster works in part only:',
    titles,
  };
}

/** What the page has told of the system's state, and with which words. */
export interface HealthNews {
  /** The problems that were told of, by their codes. */
  readonly codes: string;
  readonly wasDegraded: boolean;
  /** What a screen reader is told, once for every change. */
  readonly said: string;
  /** Everything works again, which is to be seen for a moment. */
  readonly isBack: boolean;
}

export const noNews: HealthNews = { codes: '', wasDegraded: false, said: '', isBack: false };

export const backText = 'Everything works again.';

/**
 * What there is to tell after `health`. The same object where nothing has changed that a person would want to hear of:
 * a problem that words itself anew is still the same problem.
 */
export function nextNews(news: HealthNews, health: SystemHealth | null): HealthNews {
  if (health === null) return news;
  const { status, problems } = health;
  const codes = problems.map(({ code }) => code).join();
  const isDegraded = status !== 'ready';
  if (codes === news.codes && isDegraded === news.wasDegraded) return news;
  const isBack = news.wasDegraded && !isDegraded;
  const told = problems.map(({ title, message }) => `${asSentence(title)} ${message}`);
  return {
    codes,
    wasDegraded: isDegraded,
    said: [...(isBack ? [backText] : []), ...told].join(' '),
    isBack: isBack && problems.length === 0,
  };
}

const asSentence = (title: string): string => (/[.!?…]$/.test(title) ? title : `${title}.`);

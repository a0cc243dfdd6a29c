import { healthProblemCodes, type SystemHealth } from '@yardmaster/protocol';
import { describe, expect, test } from 'vitest';
import { displayOfConnection } from '../src/features/connection/connection-display.ts';
import { gravestOf, headlineOf, nextNews, noNews, severityOf } from '../src/features/health/health-display.ts';
import { activityOf } from '../src/shared/jobs/use-activity.ts';
import { jobSummary } from './job-summary.ts';
import { systemHealth } from './system-health.ts';

describe('how grave it is', () => {
  test('is known of every problem, and what stops work or ages what is seen is critical', () => {
    const critical = healthProblemCodes.filter((code) => severityOf({ code }) === 'critical');
    expect(critical).toEqual([
      'event-store-unavailable',
      'read-models-behind',
      'disk-full',
      'messaging-unavailable',
      'no-leader',
    ]);
  });

  test('is of several problems what the gravest is', () => {
    expect(gravestOf([{ code: 'disk-low' }, { code: 'no-workers' }])).toBe('warning');
    expect(gravestOf([{ code: 'disk-low' }, { code: 'disk-full' }])).toBe('critical');
  });

  test('is no degradation where everything still works', () => {
    expect(headlineOf(systemHealth('no-workers', 'disk-low'))).toEqual({
      headline: 'Yardmaster works in part only:',
      titles: ['About no-workers', 'About disk-low'],
    });
    expect(headlineOf(systemHealth('clock-jumped', 'disk-low')).headline).toBe('2 things to know:');
    expect(headlineOf(systemHealth('no-workers'))).toEqual({ headline: 'About no-workers', titles: [] });
  });
});

/** What is told after one state of the system after the other. */
const newsAfter = (...states: readonly (SystemHealth | null)[]) => states.reduce(nextNews, noNews);

describe('what there is to tell', () => {
  test('is nothing of a system in which all is well', () => {
    expect(newsAfter(null, systemHealth())).toBe(noNews);
  });

  test('is each problem once, however its words change', () => {
    const news = newsAfter(systemHealth('no-workers'));
    expect(news.said).toBe('About no-workers. Builds wait.');
    const { problems, ...rest } = systemHealth('no-workers');
    const reworded = { ...rest, problems: problems.map((problem) => ({ ...problem, message: 'Two builds wait.' })) };
    expect(nextNews(news, reworded)).toBe(news);
    expect(nextNews(news, null)).toBe(news);
  });

  test('is all that there is, when one more comes', () => {
    const news = newsAfter(systemHealth('no-workers'), systemHealth('no-workers', 'disk-full'));
    expect(news.said).toBe('About disk-full. Builds wait. About no-workers. Builds wait.');
    expect(news.isBack).toBe(false);
  });

  test('is in the end that everything works again, to be seen and heard', () => {
    expect(newsAfter(systemHealth('no-workers'), systemHealth())).toMatchObject({
      said: 'Everything works again.',
      isBack: true,
    });
  });

  test('says that all works again and what is left to know, which is to be seen instead', () => {
    expect(newsAfter(systemHealth('no-workers', 'disk-low'), systemHealth('disk-low'))).toMatchObject({
      said: 'Everything works again. About disk-low. Builds wait.',
      isBack: false,
    });
  });

  test('does not claim that something works again which always did', () => {
    expect(newsAfter(systemHealth('disk-low'), systemHealth())).toMatchObject({ said: '', isBack: false });
  });
});

describe('the pill in the head of the page', () => {
  const word = (mode: Parameters<typeof displayOfConnection>[0]['mode'], troubles: readonly string[]) =>
    displayOfConnection({ mode, pollIntervalMs: 2_000, troubles }).word;

  test('says that the system is degraded as long as the page is connected', () => {
    expect(word('live', [])).toBe('Live');
    for (const mode of ['live', 'events', 'polling'] as const) expect(word(mode, ['No workers'])).toBe('Degraded');
    expect(word('offline', ['No workers'])).toBe('Offline');
    expect(word('connecting', ['No workers'])).toBe('Connecting');
  });

  test('names what is the matter and how the page follows all the same', () => {
    const display = displayOfConnection({
      mode: 'polling',
      pollIntervalMs: 2_000,
      troubles: ['No workers', 'No leader'],
    });
    expect(display.sentence).toContain('No workers, No leader');
    expect(display.sentence).toContain('every 2 s');
    expect(display.canTry).toBe(true);
  });
});

describe('what a waiting build says', () => {
  const waiting = (waitingReason: string) => jobSummary({ id: 'a', waitingReason });

  test('does not repeat what the head of the page tells already', () => {
    expect(activityOf(waiting('No worker is online.'), systemHealth('no-workers'))).toBe('Waiting for a worker.');
    const reason = 'The message server cannot be reached.';
    expect(activityOf(waiting(reason), systemHealth('messaging-unavailable'))).toBe(
      'Waiting to be handed to a worker.',
    );
    expect(activityOf(waiting(reason), systemHealth('no-workers'))).toBe(reason);
  });

  test('is its own reason otherwise', () => {
    expect(activityOf(waiting('No worker is online.'), systemHealth())).toBe('No worker is online.');
    expect(activityOf(waiting('No worker is online.'), null)).toBe('No worker is online.');
    expect(activityOf(waiting('3 builds ahead of yours.'), systemHealth('no-workers'))).toBe(
      '3 builds ahead of yours.',
    );
  });
});

import { type PreviewEvent, previewDecider } from '@yardmaster/domain';
import { aMoment, anArtifactId, aUserId, aWebsiteId, given, momentsLater, replay } from '@yardmaster/testing';
import { describe, expect, test } from 'vitest';

const shown = { artifactId: anArtifactId(), spa: true, expiresAt: momentsLater(3_600_000) };
const data = {
  websiteId: aWebsiteId(),
  ownerId: aUserId(),
  name: 'garden-club-1',
  slug: 'garden-club',
  ...shown,
};
const start = { type: 'StartPreview', ...data } as const;
const stop = { type: 'StopPreview', reason: 'No longer needed.' } as const;

const started: PreviewEvent = { type: 'PreviewStarted', data };
const stopped: PreviewEvent = { type: 'PreviewStopped', data: { reason: 'No longer needed.' } };
const expired: PreviewEvent = { type: 'PreviewExpired', data: {} };
const renewed: PreviewEvent = { type: 'PreviewRenewed', data: { expiresAt: null } };
const restarted: PreviewEvent = { type: 'PreviewRestarted', data: shown };

describe('starting a preview', () => {
  test('records what is shown, where and until when', () => {
    given(previewDecider, []).when(start).then([started]);
  });

  test('again with the same output does nothing, even when it would end at another time', () => {
    given(previewDecider, [started]).when(start).thenNothing();
    given(previewDecider, [started, renewed])
      .when({ ...start, expiresAt: aMoment })
      .thenNothing();
  });

  test('with the output of another attempt shows that instead', () => {
    given(previewDecider, [started])
      .when({ ...start, artifactId: anArtifactId(2) })
      .then([{ type: 'PreviewRestarted', data: { ...shown, artifactId: anArtifactId(2) } }]);
  });

  test.each([
    ['stopped', [started, stopped]],
    ['expired', [started, expired]],
  ])('brings back one that was %s', (_, history) => {
    given(previewDecider, history).when(start).then([restarted]);
  });

  test('compares with what was shown last', () => {
    const other: PreviewEvent = { type: 'PreviewRestarted', data: { ...shown, artifactId: anArtifactId(2) } };
    given(previewDecider, [started, other]).when(start).then([restarted]);
    given(previewDecider, [started, stopped, restarted]).when(start).thenNothing();
  });
});

describe('stopping a preview', () => {
  test.each([
    ['live', [started]],
    ['renewed', [started, renewed]],
    ['expired', [started, expired]],
    ['restarted', [started, stopped, restarted]],
  ])('that is %s is recorded with its reason', (_, history) => {
    given(previewDecider, history).when(stop).then([stopped]);
  });

  test('twice does nothing the second time', () => {
    given(previewDecider, [started, stopped]).when(stop).thenNothing();
  });

  test('is refused where there is none', () => {
    given(previewDecider, []).when(stop).thenRejected('preview-not-found');
  });
});

test('the life of a preview accepts in each state what can follow, and names the rest as drift', () => {
  const lives = { none: [], live: [started], expired: [started, expired], stopped: [started, stopped] };
  const events = [started, renewed, restarted, expired, stopped];
  const accepted = Object.entries(lives).map(([name, history]) => {
    const state = replay(previewDecider, previewDecider.initialState(), history);
    expect(previewDecider.stateValue(state)).toBe(name);
    return [name, events.filter((event) => previewDecider.evolve(state, event).ok).map(({ type }) => type)];
  });
  expect(Object.fromEntries(accepted)).toEqual({
    none: ['PreviewStarted'],
    live: ['PreviewRenewed', 'PreviewRestarted', 'PreviewExpired', 'PreviewStopped'],
    expired: ['PreviewRestarted', 'PreviewStopped'],
    stopped: ['PreviewRestarted'],
  });
});

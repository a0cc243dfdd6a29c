import { waitingReason } from '@yardmaster/domain';
import { expect, test } from 'vitest';

test.each([
  [{ ahead: 0, aheadOfHigherPriority: 0, liveSlots: 2 }, 'Next: it starts as soon as a worker is free.'],
  [{ ahead: 1, aheadOfHigherPriority: 0, liveSlots: 2 }, '1 build ahead of yours.'],
  [{ ahead: 1, aheadOfHigherPriority: 1, liveSlots: 2 }, '1 build ahead of yours, 1 of higher priority.'],
  [{ ahead: 3, aheadOfHigherPriority: 1, liveSlots: 2 }, '3 builds ahead of yours, 1 of higher priority.'],
  [{ ahead: 12, aheadOfHigherPriority: 0, liveSlots: 1 }, '12 builds ahead of yours.'],
  [{ ahead: 0, aheadOfHigherPriority: 0, liveSlots: 0 }, 'No worker is online.'],
  [{ ahead: 5, aheadOfHigherPriority: 5, liveSlots: 0 }, 'No worker is online.'],
])('a build with %j waits because: %s', (place, reason) => {
  expect(waitingReason({ ...place, isMessagingConnected: true })).toBe(reason);
});

test('promises no start while work cannot be handed out', () => {
  const place = { ahead: 0, aheadOfHigherPriority: 0, liveSlots: 2, isMessagingConnected: false };
  expect(waitingReason(place)).toBe('The message server cannot be reached.');
});

import { describe, expect, it } from 'vitest';
import { createMarkTracker } from '../src/mark-tracker.ts';

const at = (sequence: number, streamCreated = 'first') => ({ streamCreated, sequence });

describe('the mark', () => {
  it('is where reading began until something behind it is settled', () => {
    const tracker = createMarkTracker(at(7));
    tracker.begin(at(8));
    expect(tracker.mark()).toEqual(at(7));
  });

  it('moves only over what is settled without a gap, in whatever order it is settled', () => {
    const tracker = createMarkTracker(null);
    const [one, two, three] = [tracker.begin(at(1)), tracker.begin(at(2)), tracker.begin(at(5))];
    two();
    expect(tracker.mark()).toBeNull();
    one();
    expect(tracker.mark()).toEqual(at(2));
    three();
    expect(tracker.mark()).toEqual(at(5));
  });

  it('starts afresh with a stream made anew, deaf to what was open in the old one', () => {
    const tracker = createMarkTracker(at(40));
    const old = tracker.begin(at(41));
    const next = tracker.begin(at(1, 'second'));
    old();
    expect(tracker.mark()).toEqual(at(40));
    next();
    expect(tracker.mark()).toEqual(at(1, 'second'));
  });

  it('falls back with a stream that lost its tail', () => {
    const tracker = createMarkTracker(at(40));
    const old = tracker.begin(at(41));
    tracker.begin(at(1))();
    old();
    expect(tracker.mark()).toEqual(at(1));
  });
});

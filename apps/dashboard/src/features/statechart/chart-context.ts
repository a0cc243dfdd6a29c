import { createContext } from 'react';
import type { Frame } from '../../shared/replay/replay-build.ts';
import type { ChartMoment } from './visits.ts';

/** The moment that the chart shows, for its nodes and edges: React Flow itself need not know when it changes. */
export interface ShownMoment extends ChartMoment {
  readonly frames: readonly Frame[];
  readonly at: number;
  readonly isLive: boolean;
}

export const MomentContext = createContext<ShownMoment>({
  active: new Set(),
  visits: new Map(),
  taken: new Map(),
  lastTaken: null,
  frames: [],
  at: -1,
  isLive: false,
});

import { mixOf, type Random } from './random.ts';

/** What the monkey can do at one time. `leader` is the server that leads, `several` are processes of different kinds. */
export type KillAct =
  | 'kill server'
  | 'kill leader'
  | 'kill worker'
  | 'kill nats-server'
  | 'kill build'
  | 'kill several'
  | 'kill supervisor'
  | 'kill everything'
  | 'kill everything, delete streams'
  | 'kill event-store';
export type PauseAct =
  | 'pause server'
  | 'pause leader'
  | 'pause worker'
  | 'pause nats-server'
  | 'pause build'
  | 'pause several'
  | 'pause supervisor'
  | 'pause event-store';
export type Act = KillAct | PauseAct;

/** Pauses that come with each kill, on average. */
const PAUSES_PER_KILL = 0.5;
/** What stops all of it at once is dear, and rare in life too. */
const KILLS: Readonly<Record<KillAct, number>> = {
  'kill server': 12,
  'kill leader': 14,
  'kill worker': 24,
  'kill nats-server': 12,
  'kill build': 14,
  'kill several': 10,
  'kill supervisor': 3,
  'kill everything': 3,
  'kill everything, delete streams': 1,
  'kill event-store': 8,
};
const PAUSES: Readonly<Record<PauseAct, number>> = {
  'pause server': 12,
  'pause leader': 16,
  'pause worker': 20,
  'pause nats-server': 10,
  'pause build': 10,
  'pause several': 10,
  'pause supervisor': 4,
  'pause event-store': 6,
};

/** Every kind of act at least once where there are that many, in an order that follows from the seed. */
export function planActs({
  kills,
  hasEventStore,
  random,
}: {
  readonly kills: number;
  readonly hasEventStore: boolean;
  readonly random: Random;
}): readonly Act[] {
  return random.shuffled<Act>([
    ...mixOf(hasEventStore ? KILLS : { ...KILLS, 'kill event-store': 0 }, { total: kills, random }),
    ...mixOf(hasEventStore ? PAUSES : { ...PAUSES, 'pause event-store': 0 }, {
      total: Math.ceil(kills * PAUSES_PER_KILL),
      random,
    }),
  ]);
}

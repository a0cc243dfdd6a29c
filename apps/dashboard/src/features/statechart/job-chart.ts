import { buildJobMachine } from '@yardmaster/domain';
import { graphOf } from './graph.ts';

/** The chart of the machine that runs builds. */
export const jobGraph = graphOf(buildJobMachine);

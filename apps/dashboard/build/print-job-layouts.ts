import { buildJobMachine } from '@yardmaster/domain';
import { graphOf } from '../src/features/statechart/graph.ts';
import { jobColumns } from './job-columns.ts';
import { layOutTall, layOutWide } from './lay-out-chart.ts';

// Run by statechart-layout-plugin.ts: prints the layouts of the build-job machine as JSON.
const graph = graphOf(buildJobMachine);
process.stdout.write(JSON.stringify({ wide: await layOutWide(graph, jobColumns), tall: await layOutTall(graph) }));

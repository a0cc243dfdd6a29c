import { untilEnded } from './builds.ts';
import type { Installation } from './installation.ts';
import { createViteProject, gatedProject, plainWebsite, withFiles, zipOf } from './projects.ts';

/** The ids of builds of which each is, and stays, in the state that it is named after. */
export interface BusyDay {
  readonly completed: string;
  /** Of type errors, with their places. */
  readonly failed: string;
  readonly cancelled: string;
  /** Its log goes on while it is bundled. */
  readonly building: string;
  readonly queued: string;
}

/** What a busy day asks of the installation: so many builds at a time, two of which are held. */
export const busyDaySettings = { YARDMASTER_WORKERS: '1', YARDMASTER_SLOTS: '2' } as const;

/** Fills an installation with a build of every kind. */
export async function haveBusyDay(installation: Installation): Promise<BusyDay> {
  const { api } = installation.product;
  const folder = `${installation.newFolder()}/corner-shop`;
  const website = createViteProject(folder, 'react-ts');
  const upload = async (name: string, archive: Buffer) => (await api.uploadArchive(name, archive)).website.buildJobId;

  const completed = await upload('corner-shop', zipOf(website));
  const failed = await upload('ferry-times', zipOf(withFiles(website, { 'src/departures.ts': departures })));
  await Promise.all([completed, failed].map((id) => untilEnded(installation.product, id)));

  const gate = await installation.newGate();
  const cancelled = await upload('choir', zipOf(gatedProject({ gate })));
  await gate.arrived('install', 1);
  await api.cancel(cancelled);
  await untilEnded(installation.product, cancelled);
  await untilEnded(installation.product, await upload('reading-room', zipOf(plainWebsite('Reading room'))));

  const night = await installation.newGate();
  await upload('night-market', zipOf(gatedProject({ gate: night })));
  await night.arrived('install', 1);
  gate.open('install');
  const bookshop = withFiles(gatedProject({ gate }), { 'build.mjs': shelves });
  const building = await upload('bookshop', zipOf(bookshop));
  await gate.arrived('build', 1);
  const queued = await upload('garden-club', zipOf(plainWebsite('Garden club')));
  await upload('museum-guide', zipOf(plainWebsite('Museum guide')));
  return { completed, failed, cancelled, building, queued };
}

/** Two mistakes that a person makes. */
const departures = `interface Departure {
  harbour: string;
  leavesAtMinute: number;
}

export const departures: Departure[] = [
  { harbour: 'Stornoway', leavesAtMinute: 420 },
  { harbour: 'Ullapool', leavesAtMinute: '7:30' },
];

export const first = departures[0].leavesAt;
`;

/** Says what it makes, and is held before it is done. */
const shelves = `import { knock } from './knock.mjs';
const names = ['Atlases', 'Ballads', 'Cookery', 'Detectives', 'Essays', 'Fairy tales', 'Gardens', 'History', 'Islands'];
console.log('\\u001b[1mMaking the shelves\\u001b[0m');
for (const [index, name] of names.entries()) {
  const size = (4 + ((index * 7) % 5) + 0.25 * (index % 4)).toFixed(2);
  console.log('\\u001b[32m✓\\u001b[39m ' + name.padEnd(14) + '\\u001b[2m' + size + ' kB\\u001b[22m');
}
console.warn('\\u001b[33mIslands has no picture; the cover is left empty.\\u001b[39m');
await knock('build');
`;

import { silentLog } from '@yardmaster/application';
import { connectNats, createLeaderLease } from '../src/index.ts';

/** A candidate in a process of its own, to be stopped and killed by a test, which is told what it holds of itself. */
const [url = '', seed = '', candidate = ''] = process.argv.slice(2);
const connection = connectNats({ url, seed, name: candidate, log: silentLog });
const lease = createLeaderLease({ connection, log: silentLog, candidate });
const tell = (moment: string) => process.send?.({ moment, leading: lease.leading });

lease.onChange(() => tell('changed'));
process.on('SIGCONT', () => tell('continued'));
process.on('disconnect', () => process.exit());

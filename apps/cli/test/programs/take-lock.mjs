// Tries to take the lock named by its argument, says how it went, and keeps it until its input ends.
import { acquireLock } from '../../bin/bootstrap/process-lock.mjs';

const lock = acquireLock(process.argv[2] ?? '');
console.log(lock.ok ? 'taken' : `held by ${lock.holder.pid}`);
process.stdin.resume().on('end', () => lock.ok && lock.release());

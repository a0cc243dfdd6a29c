// A child that keeps the supervisor's contract: ready, ends on SIGTERM, ends when the supervisor has gone.
process.on('SIGTERM', () => process.exit(0));
process.on('disconnect', () => process.exit(0));
console.log(JSON.stringify({ level: 'info', message: 'hello' }));
console.log(JSON.stringify({ level: 'warn', message: 'look at this' }));
process.send?.({ type: 'ready' });

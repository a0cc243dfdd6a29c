// A child that waits for something: it says so at first and on SIGUSR2, and is ready on SIGHUP.
process.on('disconnect', () => process.exit(0));
process.on('SIGUSR2', () => process.send?.({ type: 'waiting' }));
process.on('SIGHUP', () => process.send?.({ type: 'ready' }));
process.send?.({ type: 'waiting' });

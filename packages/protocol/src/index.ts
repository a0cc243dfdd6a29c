export * from './build-views.ts';
export * from './dead-letter-views.ts';
export * from './health-views.ts';
export * from './live-messages.ts';
export * from './problem.ts';
export * from './worker-messages.ts';

export * from './build-job/events.ts';
export * from './build-job/steps.ts';
export * from './decider.ts';
export * from './ids.ts';
export * from './stored-event.ts';

export * from './an-event.ts';
export * from './contract-suite.ts';

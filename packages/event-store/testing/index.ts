export * from './an-event.ts';
export { type RestartCase, survivesRestarts } from './contract/restart-case.ts';
export * from './contract-suite.ts';

export * from './build-history.ts';
export * from './fixtures.ts';
export * from './specification.ts';

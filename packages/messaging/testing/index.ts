export { type NatsServerOptions, type NatsServerProcess, startNatsServer } from './nats-server-process.ts';

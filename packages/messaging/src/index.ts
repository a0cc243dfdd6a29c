export { type NatsUsers, natsAuthorization } from './nats-authorization.ts';

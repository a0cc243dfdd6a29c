/** NATS cannot be reached or would not do what was asked. The outcome is unknown: ask again, everything is idempotent. */
export class MessagingUnavailable extends Error {
  readonly code = 'messaging-unavailable';
  override readonly name = 'MessagingUnavailable';
}

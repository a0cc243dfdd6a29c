/** What a connection string of EventStoreDB consists of. */
export interface EventStoreUrl {
  /** Whether one DNS name stands for all nodes of a cluster. */
  readonly discovers: boolean;
  /** `user:password@`, percent-encoded, or empty. */
  readonly credentials: string;
  /** `host:port,host:port` */
  readonly hosts: string;
  /** `tls=false&…`, or empty. What they mean the adapter judges. */
  readonly options: string;
}

/**
 * No URL as others are: it may name several hosts. `kurrentdb` is the later name of the same scheme. Stricter than the
 * client of EventStoreDB, which takes what follows an unencoded "@" in a password for the name of a host.
 */
const form =
  /^(?:esdb|kurrentdb)(?<discover>\+discover)?:\/\/(?<credentials>[^:@/?#\s]+:[^:@/?#\s]+@)?(?<hosts>[\w.-]+(?::\d{1,5})?(?:,[\w.-]+(?::\d{1,5})?)*)\/?(?:\?(?<options>[^?#\s]*))?$/i;

/** Null for what is no connection string. */
export function parseEventStoreUrl(text: string): EventStoreUrl | null {
  const { discover, credentials = '', hosts, options = '' } = form.exec(text.trim())?.groups ?? {};
  return hosts === undefined ? null : { discovers: discover !== undefined, credentials, hosts, options };
}

/**
 * The server or servers of a connection string, as a person names them: without scheme, credentials and options. What
 * comes after the last @ is no part of a password, not even where the string is malformed.
 */
export function serverOf(text: string): string {
  const start = Math.max(text.lastIndexOf('@') + 1, text.indexOf('://') + 3);
  return parseEventStoreUrl(text)?.hosts ?? text.slice(start).split(/[/?#]/, 1)[0] ?? '';
}

import { parseEventStoreUrl } from '@yardmaster/protocol/event-store-url';

/** The options that the client knows, as it compares them: in small letters, without "-" and "_". */
const knownOptions: ReadonlySet<string> = new Set(
  [
    ['tls', 'tlsVerifyCert', 'tlsCAFile', 'userCertFile', 'userKeyFile'],
    ['connectionName', 'defaultDeadline', 'keepAliveInterval', 'keepAliveTimeout', 'throwOnAppendFailure'],
    ['nodePreference', 'discoveryInterval', 'gossipTimeout', 'maxDiscoverAttempts'],
  ].flatMap((names) => names.map((name) => name.toLowerCase())),
);

/**
 * Checks a connection string and brings it into the form that the client knows: `kurrentdb` is the later name of the same
 * scheme. Throws an Error that says what is wrong, never with the credentials. What the client would only warn of is
 * refused, since its warning holds the whole string, password and all.
 */
export function clientFormOf(url: string): string {
  const parsed = parseEventStoreUrl(url);
  if (parsed === null) {
    throw new Error(
      'The EventStoreDB connection string cannot be understood; "esdb://user:password@host:2113?tls=true" is one. ' +
        'Special characters in user and password are written percent-encoded.',
    );
  }
  const { discovers, credentials, hosts, options } = parsed;
  for (const option of options.split('&').filter((one) => one !== '')) {
    const [name = '', value = ''] = option.split('=');
    const known = name.toLowerCase().replaceAll(/[_-]/g, '');
    if (!knownOptions.has(known)) {
      throw new Error(`The EventStoreDB connection string has an option that is not known: "${name}".`);
    }
    if (known === 'tlsverifycert' && value !== 'true') {
      throw new Error('tlsVerifyCert cannot be turned off; name the certificate of the authority with tlsCAFile.');
    }
  }
  return `esdb${discovers ? '+discover' : ''}://${credentials}${hosts}${options === '' ? '' : `?${options}`}`;
}

/**
 * What a connection string consists of: scheme, credentials, hosts and options. Stricter than the client, which takes
 * what follows an unencoded "@" in a password for the name of a host, and would name it in its errors.
 */
const form =
  /^(?:esdb|kurrentdb)(?<discover>\+discover)?:\/\/(?<credentials>[^:@/?#\s]+:[^:@/?#\s]+@)?(?<hosts>[\w.-]+(?::\d{1,5})?(?:,[\w.-]+(?::\d{1,5})?)*)\/?(?:\?(?<options>[^?#\s]*))?$/i;

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
  const { discover = '', credentials = '', hosts, options = '' } = form.exec(url.trim())?.groups ?? {};
  if (hosts === undefined) {
    throw new Error(
      'The EventStoreDB connection string cannot be understood; "esdb://user:password@host:2113?tls=true" is one. ' +
        'Special characters in user and password are written percent-encoded.',
    );
  }
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
  return `esdb${discover.toLowerCase()}://${credentials}${hosts}${options === '' ? '' : `?${options}`}`;
}

/** The hosts of a connection string, to be shown: without credentials and options. */
export const serverOf = (url: string): string => form.exec(url.trim())?.groups?.hosts ?? 'a server';

/** Where this installation is reached from outside. */
export interface Addresses {
  /** Without a slash at the end. */
  readonly publicUrl: string;
  readonly isHttps: boolean;
  /** The address of a preview, by its host label. */
  previewUrl(label: string): string;
  /** The label in a `Host` header that belongs to a preview (perhaps of none that exists); null for our own. */
  previewLabel(host: string | undefined): string | null;
  /** Whether an `Origin` header names a page that this server itself serves. What a request says of its host has no say. */
  isOwnOrigin(origin: string): boolean;
}

export interface AddressOptions {
  readonly publicUrl?: string | undefined;
  readonly previewDomain: string;
  /** The address that is listened on. */
  readonly host: string;
  /** The port that is really listened on. */
  readonly port: number;
}

export function createAddresses({ publicUrl, previewDomain, host, port }: AddressOptions): Addresses {
  const url = new URL(publicUrl ?? `http://localhost:${port}`);
  const suffix = `.${previewDomain.toLowerCase()}`;
  const ownOrigins = new Set([url.origin, ...listeningOrigins(host, port)]);
  const portPart = url.port === '' ? '' : `:${url.port}`;
  return {
    publicUrl: url.href.replace(/\/+$/, ''),
    isHttps: url.protocol === 'https:',
    previewUrl: (label) => `${url.protocol}//${label}${suffix}${portPart}`,
    previewLabel(host) {
      const name = (host ?? '').toLowerCase().replace(/:\d+$/, '').replace(/\.$/, '');
      return name.endsWith(suffix) ? name.slice(0, -suffix.length) : null;
    },
    isOwnOrigin: (origin) => ownOrigins.has(origin),
  };
}

/** Without a proxy: on this machine, and by the address that was chosen to listen on (0.0.0.0 is no page's origin). */
function listeningOrigins(host: string, port: number): readonly string[] {
  const hosts = ['localhost', '127.0.0.1', '[::1]', host.includes(':') ? `[${host}]` : host];
  return hosts.flatMap((name) => URL.parse(`http://${name}:${port}`)?.origin ?? []);
}

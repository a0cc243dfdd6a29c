/** Where this installation is reached from outside. */
export interface Addresses {
  /** Without a slash at the end. */
  readonly publicUrl: string;
  readonly isHttps: boolean;
  /** The address of a preview, by its host label. */
  previewUrl(label: string): string;
  /** The label in a `Host` header that belongs to a preview (perhaps of none that exists); null for our own. */
  previewLabel(host: string | undefined): string | null;
  /** Whether an `Origin` header names the page that this server itself serves to a client that sent `host`. */
  isOwnOrigin(origin: string, host: string | undefined): boolean;
}

export interface AddressOptions {
  readonly publicUrl?: string | undefined;
  readonly previewDomain: string;
  /** The port that is really listened on. */
  readonly port: number;
}

export function createAddresses({ publicUrl, previewDomain, port }: AddressOptions): Addresses {
  const url = new URL(publicUrl ?? `http://localhost:${port}`);
  const suffix = `.${previewDomain.toLowerCase()}`;
  const portPart = url.port === '' ? '' : `:${url.port}`;
  return {
    publicUrl: url.href.replace(/\/+$/, ''),
    isHttps: url.protocol === 'https:',
    previewUrl: (label) => `${url.protocol}//${label}${suffix}${portPart}`,
    previewLabel(host) {
      const name = (host ?? '').toLowerCase().replace(/:\d+$/, '').replace(/\.$/, '');
      return name.endsWith(suffix) ? name.slice(0, -suffix.length) : null;
    },
    isOwnOrigin(origin, host) {
      if (origin === url.origin) return true;
      // Without a proxy in front, people may also come by the address or another name of this machine.
      return publicUrl === undefined && host !== undefined && origin === `http://${host}`;
    },
  };
}

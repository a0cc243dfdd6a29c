export interface TestCertificate {
  /** PEM, both. The certificate is its own authority: a client trusts it when it is its `tlsCAFile`. */
  readonly key: string;
  readonly cert: string;
}

/** Makes a certificate for servers on 127.0.0.1 and localhost, valid for a day. */
export async function createTestCertificate(): Promise<TestCertificate> {
  // Loaded where it is used: a server without TLS need not wait for it.
  const { generate } = await import('selfsigned');
  const dayMs = 86_400_000;
  const altNames = [
    { type: 7, ip: '127.0.0.1' },
    { type: 2, value: 'localhost' },
  ] as const;
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], {
    notAfterDate: new Date(Date.now() + dayMs),
    extensions: [
      { name: 'basicConstraints', cA: true },
      { name: 'subjectAltName', altNames: [...altNames] },
    ],
  });
  return { key, cert };
}

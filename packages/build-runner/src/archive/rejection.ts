/** Why an archive is refused. The codes are stable: clients and problem details rely on them. */
export const archiveRejectionCodes = [
  'archive-unrecognised',
  'archive-truncated',
  'archive-corrupt',
  'archive-empty',
  'archive-too-large',
  'archive-encrypted',
  'compression-unsupported',
  'compression-ratio',
  'too-many-files',
  'unpacked-too-large',
  'file-too-large',
  'path-too-long',
  'path-traversal',
  'path-absolute',
  'path-invalid',
  'duplicate-path',
  'symlink-refused',
  'special-file',
  'nothing-to-build',
] as const;
export type ArchiveRejectionCode = (typeof archiveRejectionCodes)[number];

/** A refusal in plain words: what is wrong, and what to change. */
export interface ArchiveRejection {
  readonly code: ArchiveRejectionCode;
  readonly message: string;
  readonly hint: string;
}

/** Thrown inside the archive readers, and turned into a returned rejection at their public edge. */
export class ArchiveRejected extends Error {
  readonly rejection: ArchiveRejection;

  constructor(rejection: ArchiveRejection, options?: ErrorOptions) {
    super(rejection.message, options);
    this.name = 'ArchiveRejected';
    this.rejection = rejection;
  }
}

export const refuse = (code: ArchiveRejectionCode, message: string, hint: string): ArchiveRejected =>
  new ArchiveRejected({ code, message, hint });

const longestShownPath = 120;

/** Quotes a path from an archive for a message: shortened, with control characters made visible. */
export const quotePath = (path: string): string => {
  const shown = path.length > longestShownPath ? `${path.slice(0, longestShownPath)}…` : path;
  return JSON.stringify(shown);
};

/** Formats a byte count for people, in the decimal units that the limits are set in. */
export const formatBytes = (bytes: number): string => {
  const units = ['bytes', 'kB', 'MB', 'GB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1_000 && unit < units.length - 1) {
    value /= 1_000;
    unit += 1;
  }
  return `${Number(value.toFixed(value < 10 && unit > 0 ? 1 : 0))} ${units[unit]}`;
};

/**
 * Turns a failure of the zip or gzip reader into a refusal. Failures of this machine (a full disk, a missing file)
 * are no fault of the archive and are returned as they are.
 */
export const asArchiveFailure = (error: unknown): unknown => {
  if (error instanceof ArchiveRejected || !(error instanceof Error)) return error;
  if ('syscall' in error || error.name === 'AbortError') return error;
  const code = 'code' in error ? String(error.code) : '';
  const cause = { cause: error };
  if (code === 'Z_BUF_ERROR' || /unexpected e(nd|of)|signature not found|not enough bytes/i.test(error.message)) {
    return new ArchiveRejected(
      {
        code: 'archive-truncated',
        message: 'The archive ends before it is complete.',
        hint: 'The upload or the copy was probably cut short. Make the archive again and upload it again.',
      },
      cause,
    );
  }
  if (/encrypt/i.test(error.message)) return encryptedArchive(cause);
  return new ArchiveRejected(
    {
      code: 'archive-corrupt',
      message: `The archive is damaged: ${error.message.slice(0, 200)}`,
      hint: 'Make the archive again with another tool and check that it opens on your own machine.',
    },
    cause,
  );
};

export const encryptedArchive = (options?: ErrorOptions): ArchiveRejected =>
  new ArchiveRejected(
    {
      code: 'archive-encrypted',
      message: 'The archive is protected by a password.',
      hint: 'Make the archive without a password. Uploads travel over the connection of this site and need none.',
    },
    options,
  );

/** Set-up cannot go on; the message says what to do about it, and is all that is shown. Exit code 1. */
export class SetUpError extends Error {
  /** @override */
  name = 'SetUpError';
}

/** What to do, by what the failed program or call said. The first that matches counts. */
const HINTS = /** @type {const} */ ([
  [/ENOSPC|no space left/i, 'The disk is full: free some space, then run the same command again.'],
  [
    /EACCES|EPERM|EROFS|permission denied|read-only file system/i,
    'Files cannot be written here: run it as the owner of this folder, or copy the repository to a folder of yours.',
  ],
  [
    /SELF_SIGNED_CERT|UNABLE_TO_GET_ISSUER_CERT|UNABLE_TO_VERIFY|CERT_|certificate/i,
    'The registry shows a certificate that is not trusted: point `npm config set cafile <file>` (or NODE_EXTRA_CA_CERTS) at the certificate of your network.',
  ],
  [
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|network|dns error|error sending request/i,
    'The package registry cannot be reached: check the network, and `npm config get registry` and `proxy`, then run the same command again.',
  ],
  [
    /\b(E401|E403|401 Unauthorized|403 Forbidden)\b/i,
    'The package registry refuses access: sign in with `npm login`, or correct the token in ~/.npmrc.',
  ],
  [
    /OUTDATED_LOCKFILE/,
    'pnpm-lock.yaml does not fit the package.json files: run `pnpm install` and commit the lockfile.',
  ],
]);

/**
 * @param {string} what the step that failed, as a sentence
 * @param {string} output what the program said
 * @returns {SetUpError}
 */
export function explainFailure(what, output) {
  const hint = HINTS.find(([pattern]) => pattern.test(output))?.[1];
  const tail = output.trim().split('\n').slice(-20).join('\n');
  return new SetUpError([what, tail === '' ? null : `\n${tail}\n`, hint].filter((part) => part != null).join('\n'));
}

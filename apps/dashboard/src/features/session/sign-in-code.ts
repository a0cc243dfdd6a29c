/**
 * The one-time code in what a person pasted: a whole sign-in link, the end of one, or the code alone. Null when there is
 * none. Only the code is taken from a link, never its host, so a pasted link leads nowhere but to this server.
 */
export function signInCode(pasted: string): string | null {
  const text = pasted.trim();
  const inLink = /[?&]code=([^&#\s]+)/.exec(text)?.[1];
  if (inLink !== undefined) return decoded(inLink);
  return /^[A-Za-z0-9._-]{16,300}$/.test(text) ? text : null;
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

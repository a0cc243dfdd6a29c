/** Parses JSON with comments and trailing commas, as tsconfig files have them; null when it is not even that. */
export const parseJsonc = (text: string): unknown => {
  // Strings are matched first in both passes, so that nothing inside them is taken for a comment or a comma.
  const withoutComments = text
    .replace(/^\uFEFF/, '')
    .replace(/("(?:\\.|[^"\\])*")|\/\/[^\n]*|\/\*[\s\S]*?\*\//g, (_match, quoted?: string) => quoted ?? '');
  const plain = withoutComments.replace(
    /("(?:\\.|[^"\\])*")|,(?=\s*[}\]])/g,
    (_match, quoted?: string) => quoted ?? '',
  );
  try {
    return JSON.parse(plain);
  } catch {
    return null;
  }
};

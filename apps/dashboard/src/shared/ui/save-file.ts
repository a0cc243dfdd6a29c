/** How long the browser may take to begin with a download, in milliseconds. */
const releaseAfterMs = 30_000;

/** Gives the reader a file made by the page. */
export function saveFile(content: Blob, name: string): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), releaseAfterMs);
}

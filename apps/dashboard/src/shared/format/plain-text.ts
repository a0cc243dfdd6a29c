/** Colours and other terminal controls: CSI sequences, OSC sequences (links, titles), and single characters. */
const terminalControls =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /\u001b\[[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[\u0000-\u0008\u000b-\u001f\u007f]/g;

/** A line of a log without what only a terminal understands. */
export function plainText(line: string): string {
  return line.replace(terminalControls, '');
}

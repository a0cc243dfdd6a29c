import type { Log } from '@yardmaster/application';

/** One line of JSON per entry, as the supervisor reads them. Errors are shown by name and message, with their stack. */
export function jsonLog(out: { write(text: string): unknown }): Log {
  const write = (level: string) => (fields: Readonly<Record<string, unknown>>, message: string) => {
    out.write(`${JSON.stringify({ level, time: new Date().toISOString(), message, ...fields }, errorAsText)}\n`);
  };
  return { info: write('info'), warn: write('warn'), error: write('error') };
}

function errorAsText(_key: string, value: unknown): unknown {
  if (!(value instanceof Error)) return value;
  const { name, message, stack, cause } = value;
  return { name, message, stack, cause };
}

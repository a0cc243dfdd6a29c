import type { Log } from '@yardmaster/application';
import pino from 'pino';

/** Fields that must never be written, should somebody pass them by mistake. */
const secretFields = ['token', 'authorization', 'cookie', 'password', 'secret', 'seed', 'session', 'link'];

/** One JSON object per line on standard output. */
export function createLog(name: string): Log {
  return pino({
    name,
    serializers: { error: pino.stdSerializers.err },
    redact: { paths: secretFields.flatMap((field) => [field, `*.${field}`]), censor: '[redacted]' },
    formatters: { level: (level) => ({ level }) },
    timestamp: pino.stdTimeFunctions.isoTime,
  });
}

import { type HealthProblemCode, healthProblemCodes, SystemHealth } from '@yardmaster/protocol';

/** With these everything still works. */
const harmless: ReadonlySet<HealthProblemCode> = new Set(['disk-low', 'read-models-rebuilt', 'clock-jumped']);

/** The state of the system with these problems, as a server would send it. */
export function systemHealth(...codes: readonly HealthProblemCode[]): SystemHealth {
  return SystemHealth.parse({
    status: codes.every((code) => harmless.has(code)) ? 'ready' : 'degraded',
    problems: healthProblemCodes
      .filter((code) => codes.includes(code))
      .map((code) => ({ code, title: `About ${code}`, message: 'Builds wait.', since: '2026-01-01T09:30:00.000Z' })),
    server: { id: 'server', leading: true, leader: 'server' },
  });
}

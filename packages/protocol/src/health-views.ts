import { z } from 'zod';

/** What can be wrong with the whole of Yardmaster, the gravest first. */
export const healthProblemCodes = [
  'event-store-unavailable',
  'read-models-behind',
  'disk-full',
  'messaging-unavailable',
  'no-leader',
  'no-workers',
  'disk-low',
  'read-models-rebuilt',
  'clock-jumped',
] as const;

export const HealthProblem = z.object({
  code: z.enum(healthProblemCodes),
  /** A few words. */
  title: z.string(),
  /** What still works, what does not, and what to do, in plain words. */
  message: z.string(),
  /** When it was first seen by this server. */
  since: z.iso.datetime(),
});
export type HealthProblem = z.infer<typeof HealthProblem>;
export type HealthProblemCode = HealthProblem['code'];

/**
 * How one server finds itself and what it stands on: `GET /health` and the topic `health`. `ready`: builds run. `degraded`:
 * it serves, and something does not work. `unavailable`: it does not serve, or what it shows is old. A problem may be
 * told while everything works (`disk-low`, `read-models-rebuilt`, `clock-jumped`): those leave it `ready`.
 */
export const SystemHealth = z.object({
  status: z.enum(['ready', 'degraded', 'unavailable']),
  /** In the order of {@link healthProblemCodes}, each code at most once. */
  problems: z.array(HealthProblem),
  /** Which server says so, whether it leads the builds, and who does as far as it knows. */
  server: z.object({ id: z.string(), leading: z.boolean(), leader: z.string().nullable() }),
});
export type SystemHealth = z.infer<typeof SystemHealth>;

/**
 * Every subject, stream and consumer name in one place: what a worker may say is decided by these names, since a worker's
 * permissions are made of them.
 *
 * | subject                             | who speaks                | carried by       |
 * |-------------------------------------|---------------------------|------------------|
 * | `work.<pool>.<jobId>`               | orchestrator              | stream `WORK`    |
 * | `claim.<workerId>.<jobId>`          | worker, asks              | request/reply    |
 * | `reports.<workerId>.<jobId>`        | worker                    | stream `REPORTS` |
 * | `logs.<workerId>.<jobId>.<attempt>` | worker                    | stream `LOGS`    |
 * | `heartbeat.<workerId>`              | worker                    | plain message    |
 * | `control.<workerId>`                | orchestrator              | plain message    |
 * | `appended.<storeId>`                | server                    | plain message    |
 * | `_INBOX_<workerId>.>`               | server, answers           | plain message    |
 * | `$KV.yardmaster-leader.orchestrator`| candidates for the lead   | a bucket         |
 */
export const workStream = 'WORK';
export const reportStream = 'REPORTS';
export const logStream = 'LOGS';
/** The stream of the key-value bucket `yardmaster-leader`, as every tool for NATS knows it. */
export const leaderBucket = 'KV_yardmaster-leader';
export const leaderLeaseSubject = '$KV.yardmaster-leader.orchestrator';

const token = /^[A-Za-z0-9_-]{1,64}$/;

/** Refuses anything that could widen a subject: a wildcard, a dot, white space, an empty text. */
export function subjectToken(value: string): string {
  if (!token.test(value)) throw new TypeError(`Not usable in a subject: ${JSON.stringify(value.slice(0, 80))}`);
  return value;
}

export const workSubject = (pool: string, jobId: string) => `work.${subjectToken(pool)}.${subjectToken(jobId)}`;
export const claimSubject = (workerId: string, jobId: string) =>
  `claim.${subjectToken(workerId)}.${subjectToken(jobId)}`;
export const reportSubject = (workerId: string, jobId: string) =>
  `reports.${subjectToken(workerId)}.${subjectToken(jobId)}`;
export const logSubject = (workerId: string, jobId: string, attempt: number) =>
  `logs.${subjectToken(workerId)}.${subjectToken(jobId)}.${attempt}`;
export const heartbeatSubject = (workerId: string) => `heartbeat.${subjectToken(workerId)}`;
export const controlSubject = (workerId: string) => `control.${subjectToken(workerId)}`;

/** Where the servers on one event store tell one another that there is something new in it. */
export const storeBellSubject = (storeId: string) => `appended.${subjectToken(storeId)}`;

/** The durable consumer on `WORK` that all workers of a pool share. */
export const poolConsumer = (pool: string) => `pool-${subjectToken(pool)}`;

/** The only inboxes that a worker may listen on, and so the only place where answers to it are sent. */
export const workerInboxPrefix = (workerId: string) => `_INBOX_${subjectToken(workerId)}`;

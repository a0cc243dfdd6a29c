import type { BuildJobCommand, JobId, Report, Step } from '@yardmaster/domain';
import { steps, WorkerId } from '@yardmaster/domain';
import type { TestServer } from './server-fixture.ts';

const workerId = WorkerId.parse('worker-1');
const system = { actor: { kind: 'system', name: 'test' } } as const;

type Reported = Report extends infer Each ? (Each extends Report ? Omit<Each, 'attempt' | 'seq'> : never) : never;

/** Takes a build through its life as orchestrator and worker would, one command after the other. */
export function driveBuild({ parts }: TestServer, jobId: JobId) {
  let seq = 0;
  let attempt = 0;

  async function command(asked: BuildJobCommand): Promise<void> {
    const result = await parts.actors.buildJob.handle(jobId, asked, system);
    if (!result.ok) throw new Error(`${asked.type}: ${result.rejection.message}`);
    if (result.position !== null) await parts.readModels.waitFor(result.position, { timeoutMs: 5_000 });
  }

  async function report(reported: Reported): Promise<void> {
    seq += 1;
    // The distributive Omit above is undone here: every kind gets its attempt and number back.
    await command({ type: 'RecordReport', workerId, report: { ...reported, attempt, seq } as Report });
  }

  const usage = { durationMs: 5, exitCode: 0, cpuMs: 1, peakMemoryBytes: 1 } as const;
  const begin = (step: Step) => report({ kind: 'step-started', step, timeoutMs: 60_000 });
  const end = (step: Step) => report({ kind: 'step-completed', step, outcome: 'done', detail: null, ...usage });

  const claim = async () => {
    attempt += 1;
    seq = 0;
    await command({ type: 'DispatchBuild', pool: 'default' });
    await command({
      type: 'ClaimBuild',
      attempt,
      workerId,
      workerSession: 's',
      claimId: `claim-${jobId}-${attempt}`,
      leaseMs: 4_000,
    });
  };

  return {
    command,
    report,
    claim,
    begin,
    end,
    async publish(artifactId: string, { spa = false } = {}) {
      for (const step of steps.slice(0, 4)) {
        await begin(step);
        await end(step);
      }
      await report({ kind: 'output-published', artifactId: artifactId as never, files: 1, sizeBytes: 1, spa });
    },
    async complete() {
      await begin('preview');
      await end('preview');
      await report({ kind: 'finished' });
    },
    /** Takes two workers down with it, each time the only build that they had. */
    async killItsWorkers() {
      const loseWorker = () =>
        command({ type: 'DeclareWorkerLost', attempt, workerId, reason: 'It fell silent.', alone: true });
      await claim();
      await loseWorker();
      await command({ type: 'EndBackoff', attempt });
      await claim();
      await loseWorker();
    },
    async fail() {
      await begin('extract');
      await report({
        kind: 'step-failed',
        step: 'extract',
        code: 'broken',
        message: 'It broke.',
        hint: null,
        retryable: false,
        annotations: [],
        ...usage,
      });
    },
  };
}

import { type ChildSpec, StartError, type SupervisedChild } from './child-process.ts';

/** The running children; they are stopped in the reverse order of what they need: workers, server, nats-server. */
export class ChildrenInOrder {
  readonly #children: SupervisedChild[] = [];
  #isStopped = false;
  readonly #supervise: (spec: ChildSpec) => SupervisedChild;

  constructor(supervise: (spec: ChildSpec) => SupervisedChild) {
    this.#supervise = supervise;
  }

  /** Resolves when the child is ready for the first time. Nothing is started any more once a stop was asked for. */
  async start(spec: ChildSpec): Promise<void> {
    if (this.#isStopped) throw new StartError(`${spec.name} is not started, because everything is being stopped.`);
    const child = this.#supervise(spec);
    this.#children.push(child);
    await child.firstReady;
  }

  /** Kills the child of that name, if there is one, so that it is started again. */
  restart(name: string): void {
    this.#children.find((child) => child.name === name)?.restart();
  }

  async stopAll(): Promise<void> {
    this.#isStopped = true;
    const isWorker = (child: SupervisedChild) => child.name.startsWith('worker-');
    await Promise.all(this.#children.filter(isWorker).map((child) => child.stop()));
    for (const child of this.#children.filter((each) => !isWorker(each)).reverse()) await child.stop();
  }

  killAll(): void {
    this.#isStopped = true;
    for (const child of this.#children) child.kill();
  }
}

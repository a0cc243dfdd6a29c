import { type ChildSpec, StartError, type SupervisedChild } from './child-process.ts';

/** Children in the order in which they are stopped: each needs those that come after it. */
const layers: readonly ((name: string) => boolean)[] = [
  (name) => name.startsWith('worker-'),
  (name) => name === 'server' || name.startsWith('server-'),
  () => true,
];

/** The running children. Workers are stopped first, then the servers, then nats-server; those of one kind together. */
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
    for (const isOfLayer of layers) {
      await Promise.all(this.#children.filter(({ name }) => isOfLayer(name)).map((child) => child.stop()));
    }
  }

  killAll(): void {
    this.#isStopped = true;
    for (const child of this.#children) child.kill();
  }
}

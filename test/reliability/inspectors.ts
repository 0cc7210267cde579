import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Acknowledged, History, Operation } from './history.ts';

/** What an inspector is told. */
export type Order = { readonly history: readonly (readonly [string, Operation[]])[] } | Inspection;

export interface Inspection {
  readonly folder: string;
  readonly acknowledged: readonly (readonly [string, number])[];
  readonly producer: string | undefined;
}

export interface State {
  readonly acknowledged: Acknowledged;
  readonly producer: string | undefined;
}

/** Processes that start services on folders and look what they find. */
export interface Inspectors extends AsyncDisposable {
  /** Sets what clients did. */
  use(history: History): void;
  /** Resolves once an inspector has begun; `done` is told later what is wrong, and the folder is gone then. */
  inspect(folder: string, state: State, done: (wrong: readonly string[]) => void): Promise<void>;
  /** Resolves once nothing is being inspected. */
  settled(): Promise<void>;
}

const program = fileURLToPath(new URL('inspector.ts', import.meta.url));

export function startInspectors(count: number): Inspectors {
  const idle = Array.from({ length: count }, () => fork(program, { stdio: 'inherit' }));
  const all = [...idle];
  const running = new Set<Promise<void>>();

  async function run(
    inspector: ChildProcess,
    order: Inspection,
    done: (wrong: readonly string[]) => void,
  ): Promise<void> {
    inspector.send(order);
    const [wrong] = (await once(inspector, 'message')) as [readonly string[]];
    rmSync(order.folder, { recursive: true, force: true });
    idle.push(inspector);
    done(wrong);
  }

  return {
    use(history) {
      for (const inspector of all) inspector.send({ history: [...history] } satisfies Order);
    },

    async inspect(folder, { acknowledged, producer }, done) {
      while (idle.length === 0) await Promise.race(running);
      const inspector = idle.pop();
      if (!inspector) throw new Error('There is no inspector.');
      const order = { folder, acknowledged: [...acknowledged], producer };
      const work = run(inspector, order, done).finally(() => running.delete(work));
      running.add(work);
    },

    async settled() {
      await Promise.all(running);
    },

    async [Symbol.asyncDispose]() {
      for (const inspector of all) inspector.disconnect();
      await Promise.all(all.map((inspector) => once(inspector, 'exit')));
    },
  };
}

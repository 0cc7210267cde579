/** Work that goes on when its request is gone, and is waited for all the same. */
export interface RunningWork {
  /** Gives back the work that has begun. */
  run<T>(work: Promise<T>): Promise<T>;
  /** Resolves once all that was running is done, however it ended. */
  settled(): Promise<void>;
}

export function runningWork(): RunningWork {
  const running = new Set<Promise<unknown>>();
  return {
    run(work) {
      const ended = work.then(nothing, nothing).finally(() => running.delete(ended));
      running.add(ended);
      return work;
    },

    async settled() {
      await Promise.all(running);
    },
  };
}

function nothing(): void {}

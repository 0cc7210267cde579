import { type Disk, removeFile } from './disk.ts';

/** Between two tries, ms. */
const interval = 5000;

/** Files that could not be removed when they should have been. */
export interface LateRemoval extends Disposable {
  /** Tries from time to time until it is gone; the next sweep does what this process does not live to do. */
  remove(path: string): void;
}

export function lateRemoval(disk: Disk): LateRemoval {
  const left = new Set<string>();
  let timer: NodeJS.Timeout | undefined;

  async function removeAll(): Promise<void> {
    for (const path of left) {
      await removeFile(disk, path).then(
        () => left.delete(path),
        () => undefined,
      );
    }
    timer = undefined;
    if (left.size > 0) begin();
  }

  function begin(): void {
    timer ??= setTimeout(() => void removeAll(), interval).unref();
  }

  return {
    remove(path) {
      left.add(path);
      begin();
    },

    [Symbol.dispose]() {
      clearTimeout(timer);
      left.clear();
    },
  };
}

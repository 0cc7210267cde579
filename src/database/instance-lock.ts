import { DatabaseSync } from 'node:sqlite';

/**
 * Claims a data folder for this process until it ends, however it ends: the operating system lets the
 * lock go with the process.
 *
 * @param path of the lock file
 * @throws Error when another process holds it
 */
export function lockInstance(path: string): Disposable {
  const lock = new DatabaseSync(path);
  try {
    lock.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (cause) {
    lock.close();
    throw new Error(
      `Another Vitrine runs on this data folder (${path}). Stop it, or set VITRINE_DATA_DIR to another folder.`,
      { cause },
    );
  }
  return { [Symbol.dispose]: () => lock.close() };
}

import { fileURLToPath } from 'node:url';
import { askWorker } from './child.ts';

/** Image data to be moved, one stream for each path, all at once. */
export interface Transfer {
  readonly url: string;
  readonly token: string;
  readonly paths: readonly string[];
  /** Bytes of each stream. */
  readonly size: number;
  /** What is uploaded; absent: a download. */
  readonly file?: string;
}

/**
 * Moves the data from a process of its own and gives the seconds from the first byte to the last answer.
 *
 * @throws Error when an answer is not 2xx or is short.
 */
export async function transferData(transfer: Transfer): Promise<number> {
  const script = fileURLToPath(import.meta.resolve('./data-worker.ts'));
  const { seconds } = await askWorker<{ readonly seconds: number }>(script, transfer);
  return seconds;
}

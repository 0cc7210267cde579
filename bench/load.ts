import { fileURLToPath } from 'node:url';
import { askWorker } from './child.ts';

/** A load that the generator can be told in a message. */
export interface Load {
  readonly url: string;
  readonly token: string;
  readonly method: 'GET' | 'POST' | 'PUT';
  /** Sent in turn: by each connection for itself when they are reads, else by all together. */
  readonly requests: readonly LoadRequest[];
  /** How many of them were sent by the loads before, as which this one goes on. */
  readonly sent?: number;
  /** Whether the requests may be sent again from the first when all were sent; else the load ends there. */
  readonly repeat: boolean;
  readonly connections: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
}

export interface LoadRequest {
  readonly path: string;
  readonly body?: string;
}

export interface LoadResult {
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  /** Milliseconds. */
  readonly p99: number;
  /** Of the measured part. */
  readonly answers: number;
  /** Of the warming up as well. */
  readonly allAnswers: number;
  /** Requests that were sent by the end, and by the loads before; of reads there is no count. */
  readonly sent: number;
}

/**
 * Sends the load from a process of its own, over keep-alive connections.
 *
 * @throws Error when any answer was not 2xx: errors are fast, and a figure made of them is worth nothing.
 */
export function measureLoad(load: Load): Promise<LoadResult> {
  return askWorker<LoadResult>(fileURLToPath(import.meta.resolve('./load-worker.ts')), load);
}

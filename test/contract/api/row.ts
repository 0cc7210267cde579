import type { CallerName } from '../../support/callers.ts';
import type { Step } from './scene.ts';

/**
 * One statement of the Images API: a request, and what every service must answer.
 *
 * In any text of a row, `{image}`, `{consumer}` and the like stand for what `given` made and for the
 * ids of projects. Without a word on them, answers are held to what `checkAlways` says.
 */
export interface Row {
  /** The statement as a sentence. It is the row's name, so no two rows say the same. */
  readonly says: string;
  /** What must have happened before. */
  readonly given?: readonly Step[];
  /** The producer unless said otherwise. */
  readonly by?: CallerName;
  /** Method and path. */
  readonly send: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as it is when it is text or bytes, else as JSON. */
  readonly body?: unknown;
  readonly status: number;
  /** Headers of the answer by lower-case name; `absent` for one that must not be there. */
  readonly answers?: Readonly<Record<string, unknown>>;
  /** What the answer's document has at least. */
  readonly json?: unknown;
  /** The answer's body, if it is no document. */
  readonly text?: unknown;
}

/** A chapter of the contract. */
export interface Chapter {
  readonly title: string;
  readonly rows: readonly Row[];
}

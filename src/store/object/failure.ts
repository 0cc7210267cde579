import { StoreError, type StoreErrorCode } from '../store.ts';

export interface FailureOptions {
  /** Whether the next attempt may well succeed. */
  readonly isPassing?: boolean;
  /** Milliseconds for which the server asks to be left alone. */
  readonly retryAfter?: number | undefined;
}

/** An object server did not do what it was asked. The message is for the operator and holds no secret. */
export class ObjectServerFailure extends StoreError {
  readonly isPassing: boolean;
  readonly retryAfter: number | undefined;

  constructor(
    code: StoreErrorCode,
    message: string,
    { isPassing = false, retryAfter }: FailureOptions = {},
  ) {
    super(code, message);
    this.name = 'ObjectServerFailure';
    this.isPassing = isPassing;
    this.retryAfter = retryAfter;
  }
}

/** Whether a server refused what another put of the image was faster to do. */
export function isExists(error: unknown): boolean {
  return error instanceof StoreError && error.code === 'Exists';
}

/** Milliseconds that a `Retry-After` header names; only seconds are understood, not dates. */
export function retryAfterOf(header: string | undefined): number | undefined {
  return header !== undefined && /^\d{1,4}$/.test(header) ? Number(header) * 1000 : undefined;
}

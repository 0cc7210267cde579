import { DomainError } from './errors.ts';

/** A refusal that ends by itself; `retryAfter` is in whole seconds. */
export class RetryLaterError extends DomainError {
  readonly retryAfter: number;

  constructor(code: 'TooManyRequests' | 'ServiceBusy', message: string, retryAfter: number) {
    super(code, message);
    this.name = 'RetryLaterError';
    this.retryAfter = retryAfter;
  }
}

import { DomainError } from './errors.ts';

/** A refusal that ends by itself; `retryAfter` is in whole seconds. */
export class RetryLaterError extends DomainError {
  readonly retryAfter: number;

  constructor(
    code:
      | 'DatabaseUnavailable'
      | 'ServiceBusy'
      | 'StoreUnavailable'
      | 'TooManyRequests'
      | 'UploadBusy',
    message: string,
    retryAfter: number,
    options?: ErrorOptions,
  ) {
    super(code, message, options);
    this.name = 'RetryLaterError';
    this.retryAfter = retryAfter;
  }
}

import { DomainError } from './errors.ts';

/** Too many failed logins of late; `retryAfter` is in whole seconds. */
export class LoginLimitError extends DomainError {
  readonly retryAfter: number;

  constructor(message: string, retryAfter: number) {
    super('TooManyRequests', message);
    this.name = 'LoginLimitError';
    this.retryAfter = retryAfter;
  }
}

/**
 * `Unreachable`: nobody answered there. `TimedOut`: too little came for too long. `BadAnswer`: not the data.
 * `TooLarge`: more data than is taken.
 */
export type WebErrorCode = 'BadAnswer' | 'TimedOut' | 'TooLarge' | 'Unreachable';

/** Why nothing, or not everything, came from a URL; the message is fit for the caller who chose the URL. */
export class WebError extends Error {
  readonly code: WebErrorCode;

  constructor(code: WebErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'WebError';
    this.code = code;
  }
}

/** Every way in which a request can be refused, in the field's words. Statuses live in `http/errors.ts`. */
export type ErrorCode =
  | 'BodyNotWanted'
  | 'ChecksumMismatch'
  | 'DatabaseUnavailable'
  | 'DuplicateImage'
  | 'HeaderTooLong'
  | 'IdentityUnavailable'
  | 'ImageDataGone'
  | 'ImageNotFound'
  | 'ImageNotShared'
  | 'InvalidRequest'
  | 'InvalidStatusChange'
  | 'MemberExists'
  | 'MemberNotFound'
  | 'NameTaken'
  | 'NotAuthenticated'
  | 'NotFound'
  | 'NotPermitted'
  | 'PropertyConflict'
  | 'QuotaExceeded'
  | 'RangeNotSatisfiable'
  | 'RequestTimeout'
  | 'ServiceBusy'
  | 'StoreUnavailable'
  | 'TaskNotFound'
  | 'TooManyRequests'
  | 'UnsupportedMediaType'
  | 'UploadBusy'
  | 'UploadNotFound';

/** A refusal that the caller can act on; its message names the field and what was wanted. */
export class DomainError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'DomainError';
    this.code = code;
  }
}

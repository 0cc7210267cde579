import type { ErrorCode } from '../domain/errors.ts';

/** The one place that turns a refusal into an HTTP status; a new code without a row does not compile. */
export const httpStatus = {
  BodyNotWanted: 400,
  // Of the tus protocol.
  ChecksumMismatch: 460,
  DatabaseUnavailable: 503,
  DuplicateImage: 409,
  HeaderTooLong: 431,
  IdentityUnavailable: 503,
  ImageDataGone: 410,
  ImageNotFound: 404,
  ImageNotShared: 403,
  InvalidRequest: 400,
  InvalidStatusChange: 409,
  MemberExists: 409,
  MemberNotFound: 404,
  NameTaken: 409,
  NotAuthenticated: 401,
  NotFound: 404,
  NotPermitted: 403,
  PropertyConflict: 409,
  QuotaExceeded: 413,
  RangeNotSatisfiable: 416,
  RequestTimeout: 408,
  ServiceBusy: 503,
  StoreUnavailable: 503,
  TaskNotFound: 404,
  TooManyRequests: 429,
  UnsupportedMediaType: 415,
  UploadBusy: 423,
  UploadNotFound: 404,
} as const satisfies Record<ErrorCode, number>;

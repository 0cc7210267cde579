import { ObjectServerFailure, retryAfterOf } from '../object/failure.ts';
import type { StoreErrorCode } from '../store.ts';

/** What the SDK's errors have that matters here. */
interface SdkError {
  readonly name?: unknown;
  readonly code?: unknown;
  readonly message?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string };
  readonly $response?: { readonly headers?: Readonly<Record<string, string>> };
}

const codes: Readonly<Record<string, StoreErrorCode>> = {
  ConditionalRequestConflict: 'Exists',
  EntityTooLarge: 'Full',
  NoSuchKey: 'NotFound',
  NotFound: 'NotFound',
  PreconditionFailed: 'Exists',
  QuotaExceeded: 'Full',
  XMinioStorageFull: 'Full',
};

const codesByStatus: Readonly<Record<number, StoreErrorCode>> = { 412: 'Exists', 507: 'Full' };

/** Refusals that are no word on the request itself, whatever their status. */
const passing = new Set(['BadDigest', 'RequestTimeout', 'SlowDown', 'ThrottlingException']);

/** Hints for the operator, by what the server says. */
const hints: Readonly<Record<string, string>> = {
  AccessDenied: 'May the account of s3_store_access_key read and write the bucket?',
  AuthorizationHeaderMalformed: 'Is s3_store_region_name right?',
  CredentialsProviderError:
    'Give s3_store_access_key and s3_store_secret_key, or what the environment of the SDK has for them.',
  ExpiredToken: 'The credentials have ended.',
  InvalidAccessKeyId: 'Check s3_store_access_key.',
  NoSuchBucket: 'Make the bucket, or set s3_store_create_bucket_on_put.',
  PermanentRedirect: 'Is s3_store_region_name right?',
  SignatureDoesNotMatch: 'Check s3_store_secret_key.',
};

/** The failure that an error of the SDK stands for; the error itself is left out, since it holds signed headers. */
export function toFailure(what: string, error: unknown): ObjectServerFailure {
  if (error instanceof ObjectServerFailure) return error;
  const {
    name,
    $metadata: { httpStatusCode: status, requestId } = {},
    $response,
  } = Object(error) as SdkError;
  const word = typeof name === 'string' ? name : '';
  if (status === undefined) return withoutAnswer(what, Object(error));
  const code = codes[word] ?? codesByStatus[status] ?? 'Unavailable';
  const answer = [String(status), word, requestId && `request ${requestId}`].filter(Boolean);
  const hint = hints[word] ?? hints[status === 403 ? 'AccessDenied' : ''];
  const text = `Could not ${what}: the server answers ${answer.join(', ')}.${hint ? ` ${hint}` : ''}`;
  const isBusy = status === 429 || (status >= 500 && status !== 501 && status !== 507);
  return new ObjectServerFailure(code, text, {
    isPassing: code === 'Unavailable' && (isBusy || passing.has(word)),
    retryAfter: retryAfterOf($response?.headers?.['retry-after']),
  });
}

/** Silence is not tried again: whoever waits has waited long enough. */
function withoutAnswer(what: string, { name, code, message }: SdkError): ObjectServerFailure {
  // The SDK calls a connection that was reset a timeout too.
  const isSilence = name === 'TimeoutError' && code === undefined;
  const hint = typeof name === 'string' ? hints[name] : undefined;
  const reason = typeof code === 'string' ? code : String(message);
  const why = isSilence ? 'the server is silent' : `the server cannot be reached (${reason})`;
  // The SDK asks nobody then.
  const isWithoutRegion = message === 'Region is missing';
  const missing = hint
    ? `there are no credentials. ${hint}`
    : isWithoutRegion && 'there is no region. Set s3_store_region_name.';
  const text = missing || `${why}.`;
  return new ObjectServerFailure('Unavailable', `Could not ${what}: ${text}`, {
    isPassing: !isSilence && hint === undefined && typeof code === 'string',
  });
}

/** Whether the server has no such upload, or none any more. */
export function isNoUpload(error: unknown): boolean {
  return ['NoSuchKey', 'NoSuchUpload', 'NotFound'].includes(String(Object(error).name));
}

/** Whether the server does not know what was asked. */
export function isNotImplemented(error: unknown): boolean {
  return (Object(error) as SdkError).$metadata?.httpStatusCode === 501;
}

/** Whether nothing was answered. */
export function isWithoutAnswer(error: unknown): boolean {
  return (Object(error) as SdkError).$metadata?.httpStatusCode === undefined;
}

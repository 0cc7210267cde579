/** What a service answered to a request that it refused. */
export class ApiError extends Error {
  /** HTTP status. */
  readonly status: number;
  /** The refusal's short name, such as `Not Found`. */
  readonly code: string;
  /** The id by which the service's log knows the request, where it gives one. */
  readonly requestId: string | undefined;
  /** Seconds after which to try again, where the service says so. */
  readonly retryAfter: number | undefined;

  constructor(message: string, answer: Answer) {
    super(message);
    this.name = 'ApiError';
    this.status = answer.status;
    this.code = answer.code ?? String(answer.status);
    this.requestId = answer.requestId;
    this.retryAfter = answer.retryAfter;
  }
}

interface Answer {
  readonly status: number;
  readonly code?: string;
  readonly requestId?: string;
  readonly retryAfter?: number;
}

/** The service could not be reached at all, or answered what no such service does. */
export class ConnectionError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ConnectionError';
  }
}

/** The service answers, but by a certificate that nobody vouches for. */
export class CertificateError extends ConnectionError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'CertificateError';
  }
}

/** The refusal in `response`, told in the service's own words. */
export async function apiErrorOf(response: Response): Promise<ApiError> {
  const document = parsed(await response.text());
  const requestId = response.headers.get('x-openstack-request-id');
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN);
  return new ApiError(wordsIn(document) ?? `The service answered ${response.status}.`, {
    status: response.status,
    code: said(document, 'title') ?? response.statusText,
    ...(requestId !== null && { requestId }),
    ...(retryAfter >= 0 && { retryAfter }),
  });
}

/** Undefined for what is no JSON: a proxy in between answers in HTML or not at all. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The Images API ends the text of a refusal with line breaks for browsers. */
function wordsIn(document: unknown): string | undefined {
  return said(document, 'message')?.replaceAll('<br />', ' ').trim();
}

/** The identity API wraps its refusals in `error`, the Images API does not. */
function said(document: unknown, key: string): string | undefined {
  return textAt(document, ['error', key]) ?? textAt(document, [key]);
}

function textAt(value: unknown, path: readonly string[]): string | undefined {
  let at: unknown = value;
  for (const key of path) {
    if (typeof at !== 'object' || at === null) return undefined;
    at = (at as Readonly<Record<string, unknown>>)[key];
  }
  return typeof at === 'string' ? at : undefined;
}

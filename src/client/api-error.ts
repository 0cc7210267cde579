/** What a service answered to a request that it refused. */
export class ApiError extends Error {
  /** HTTP status. */
  readonly status: number;
  /** The id by which the service's log knows the request, where it gives one. */
  readonly requestId: string | undefined;

  constructor(message: string, answer: { readonly status: number; readonly requestId?: string }) {
    super(message);
    this.name = 'ApiError';
    this.status = answer.status;
    this.requestId = answer.requestId;
  }
}

/** The service could not be reached at all, or answered what no such service does. */
export class ConnectionError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ConnectionError';
  }
}

/** The refusal in `response`, told in the service's own words. */
export async function apiErrorOf(response: Response): Promise<ApiError> {
  const text = await response.text();
  const requestId = response.headers.get('x-openstack-request-id');
  return new ApiError(messageIn(text) ?? `The service answered ${response.status}.`, {
    status: response.status,
    ...(requestId !== null && { requestId }),
  });
}

function messageIn(text: string): string | undefined {
  try {
    const document: unknown = JSON.parse(text);
    return textAt(document, ['error', 'message']) ?? textAt(document, ['message']);
  } catch {
    return undefined;
  }
}

function textAt(value: unknown, path: readonly string[]): string | undefined {
  let at: unknown = value;
  for (const key of path) {
    if (typeof at !== 'object' || at === null) return undefined;
    at = (at as Readonly<Record<string, unknown>>)[key];
  }
  return typeof at === 'string' ? at : undefined;
}

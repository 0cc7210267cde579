import type { IncomingMessage } from 'node:http';

/** The methods that are served. */
export const servedMethods: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
]);

/** The methods that have routes of their own: those that are served, and one that stands for all others. */
const routed: ReadonlySet<string> = new Set([...servedMethods, 'TRACE']);

/** No route does anything for it but refuse it. */
const standIn = 'TRACE';

/** The methods of requests that are being routed as another's. */
const realMethods = new WeakMap<IncomingMessage, string>();

/**
 * Has a request by one of the other thirty methods that the HTTP parser lets through take the route of one that is refused
 * like it: so none is lost, and there are not thirty more trees of routes, 4 MiB of them.
 *
 * It has its own method back with its id, which the framework asks for as soon as it has a route: {@link giveMethodBack}.
 */
export function shareRoutes(request: IncomingMessage): void {
  const { method } = request;
  if (method === undefined || routed.has(method)) return;
  realMethods.set(request, method);
  request.method = standIn;
}

/** Gives a request back the method that it came with. */
export function giveMethodBack(request: IncomingMessage): void {
  if (request.method !== standIn) return;
  const method = realMethods.get(request);
  if (method !== undefined) request.method = method;
}

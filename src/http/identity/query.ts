import type { FastifyRequest } from 'fastify';

/** A query parameter, of several the last; undefined when it is absent. */
export function queryText(request: FastifyRequest, name: string): string | undefined {
  return queryOf(request).getAll(name).at(-1);
}

/** Whether a switch such as `?nocatalog` is on: given, and not as `0` or `false`. */
export function isAsked(request: FastifyRequest, name: string): boolean {
  const value = queryText(request, name);
  return value !== undefined && value !== '0' && value.toLowerCase() !== 'false';
}

/** A switch that may also be left out, which says nothing either way. */
export function queryFlag(request: FastifyRequest, name: string): boolean | undefined {
  return queryText(request, name) === undefined ? undefined : isAsked(request, name);
}

/** A parameter of the path; every route that asks for one has it. */
export function pathText(request: FastifyRequest, name: string): string {
  return (request.params as Readonly<Record<string, string | undefined>>)[name] ?? '';
}

/** Read from the URL itself: the rest of the service keeps Fastify's own parser off. */
function queryOf({ url }: FastifyRequest): URLSearchParams {
  const start = url.indexOf('?');
  return new URLSearchParams(start < 0 ? '' : url.slice(start));
}

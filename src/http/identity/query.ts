import type { FastifyRequest } from 'fastify';

/** A query parameter given once; undefined when it is absent or repeated. */
export function queryText(request: FastifyRequest, name: string): string | undefined {
  const value = queryOf(request)[name];
  return typeof value === 'string' ? value : undefined;
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

function queryOf(request: FastifyRequest): Readonly<Record<string, unknown>> {
  return request.query as Readonly<Record<string, unknown>>;
}

/** A parameter of the path; every route that asks for one has it. */
export function pathText(request: FastifyRequest, name: string): string {
  return (request.params as Readonly<Record<string, string | undefined>>)[name] ?? '';
}

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Static, TObject, TSchema } from 'typebox';
import { parseJsonObject } from '../../api/json-body.ts';
import {
  type Operation,
  type PathParameters,
  queryReaderOf,
  readerOf,
} from '../../api/vitrine/operation.ts';
import type { Caller } from '../../domain/caller.ts';
import { bodyOf, refuseBody } from '../body.ts';
import { queryOf, sendJson } from '../reply.ts';

/** A request to an operation, read and checked. */
export interface Call<Path extends string, Query extends TObject, Body extends TSchema> {
  readonly caller: Caller;
  readonly path: PathParameters<Path>;
  readonly query: Static<Query>;
  readonly body: Static<Body>;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** Routes an operation: its requests are checked by its schemas before `answer` has them. */
export function routeOperation<
  Path extends string,
  Query extends TObject,
  Body extends TSchema,
  Answer extends TSchema,
>(
  app: FastifyInstance,
  operation: Operation<Path, Query, Body, Answer>,
  answer: (call: Call<Path, Query, Body>) => Promise<Static<Answer>>,
): void {
  const { method, path, query, body, status } = operation;
  const readQuery = query && queryReaderOf(query);
  const readBody = body && readerOf(body);
  app.route({
    method,
    url: path.replaceAll(/\{(\w+)\}/g, ':$1'),
    ...(!body && { onRequest: refuseBody }),
    handler: async (request, reply) => {
      const document = await answer({
        caller: request.caller,
        path: request.params as PathParameters<Path>,
        query: readQuery ? readQuery(queryOf(request)) : ({} as Static<Query>),
        body: readBody ? readBody(parseJsonObject(bodyOf(request))) : (undefined as Static<Body>),
        request,
        reply,
      });
      if (!operation.answer) return reply.code(204).send();
      return sendJson(reply, status ?? 200, document);
    },
  });
}

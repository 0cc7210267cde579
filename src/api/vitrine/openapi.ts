import type { TSchema } from 'typebox';
import type { Operation } from './operation.ts';

/** The document of these operations. @see OpenAPI Specification 3.1 */
export function openapiDocument(operations: readonly Operation[], version: string) {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const one of operations) {
    paths[one.path] = { ...paths[one.path], [one.method.toLowerCase()]: operationDocument(one) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Vitrine: sharing',
      version,
      description:
        'What Vitrine adds to the OpenStack Images API v2, which it leaves as it is: an inbox of offers and all that makes sharing easy.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    security: [{ token: [] }],
    tags: [...new Set(operations.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: {
        token: {
          type: 'apiKey',
          in: 'header',
          name: 'X-Auth-Token',
          description: 'A token of the identity service, scoped to a project.',
        },
      },
      responses: {
        Refusal: {
          description: 'Refused; the message names what was wanted.',
          content: {
            'application/json': {
              schema: {
                type: 'object',
                required: ['message', 'code', 'title'],
                properties: {
                  message: { type: 'string' },
                  code: { type: 'string' },
                  title: { type: 'string' },
                },
              },
            },
          },
        },
      },
    },
  };
}

function operationDocument(operation: Operation) {
  const { id, tag, summary, path, query, headers, body, contentType, status, answer } = operation;
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  const required = new Set((query as { required?: readonly string[] } | undefined)?.required);
  const inQuery = Object.entries(query?.properties ?? {}).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.has(name),
    schema,
  }));
  const inHeaders = Object.entries(headers ?? {}).map(([name, description]) => ({
    name,
    in: 'header',
    required: !description.startsWith('Optional'),
    description,
    schema: { type: 'string' },
  }));
  return {
    operationId: id,
    tags: [tag],
    summary,
    parameters: [...inPath, ...inQuery, ...inHeaders],
    ...(body && { requestBody: { required: true, content: json(body) } }),
    ...(contentType && { requestBody: { required: true, content: { [contentType]: {} } } }),
    responses: {
      [status ?? (answer ? 200 : 204)]: {
        description: answer ? 'Done; the answer tells what is.' : 'Done.',
        ...(answer && { content: json(answer) }),
      },
      default: { $ref: '#/components/responses/Refusal' },
    },
  };
}

function json(schema: TSchema) {
  return { 'application/json': { schema } };
}

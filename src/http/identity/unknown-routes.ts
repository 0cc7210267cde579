import type { FastifyInstance } from 'fastify';
import { errorDocument } from './errors.ts';

/**
 * Answers what no route of `app` answers: 405 with `Allow` for a known path, else 404.
 * To be called before the routes are registered.
 */
export function answerUnknownRoutes(app: FastifyInstance): void {
  const methodsByUrl = new Map<string, Set<string>>();

  app.addHook('onRoute', ({ url, method }) => {
    const methods = methodsByUrl.get(url) ?? new Set();
    for (const one of [method].flat()) methods.add(one);
    methodsByUrl.set(url, methods);
  });

  app.setNotFoundHandler((request, reply) => {
    const [path = ''] = request.url.split('?');
    const allowed = new Set<string>();
    for (const [url, methods] of methodsByUrl) {
      if (matches(url, path)) for (const method of methods) allowed.add(method);
    }
    if (allowed.size === 0) {
      return reply.code(404).send(errorDocument(404, `There is nothing at ${path}.`));
    }
    const allow = [...allowed].sort().join(', ');
    return reply
      .code(405)
      .header('allow', allow)
      .send(errorDocument(405, `${path} answers ${allow} only.`));
  });
}

function matches(pattern: string, path: string): boolean {
  const wanted = segments(pattern);
  const given = segments(path);
  if (wanted.length !== given.length) return false;
  return wanted.every((part, index) => part.startsWith(':') || part === given[index]);
}

function segments(path: string): string[] {
  return path.replace(/\/$/, '').split('/');
}

import type { FastifyInstance } from 'fastify';
import type { Links } from './links.ts';

/** Version discovery, open to all. @see Identity API v3, "API versions" */
export function versionRoutes(app: FastifyInstance, links: Links): void {
  app.get('/', async (request, reply) => {
    reply.code(300);
    return { versions: { values: [version(links.v3(request))] } };
  });

  for (const path of ['/v3', '/v3/']) {
    app.get(path, async (request) => ({ version: version(links.v3(request)) }));
  }
}

function version(url: string) {
  return {
    id: 'v3.14',
    status: 'stable',
    updated: '2020-04-07T00:00:00Z',
    links: [{ rel: 'self', href: `${url}/` }],
    'media-types': [
      { base: 'application/json', type: 'application/vnd.openstack.identity-v3+json' },
    ],
  };
}

import type { FastifyInstance, FastifyRequest } from 'fastify';
import { demand, mayManage } from '../../domain/identity-policy.ts';
import { existing } from '../../service/identity/found.ts';
import type { EmbeddedIdentity } from '../../service/identity/open-identity.ts';
import { callerOf } from './caller.ts';
import { listDocument } from './documents.ts';
import type { Links } from './links.ts';
import { pathText, queryText } from './query.ts';
import { catalogDocument } from './token-document.ts';

/** What the catalog is made of; it follows from where the service is, so nothing of it can be changed. */
interface Part {
  readonly id: string;
  readonly [field: string]: unknown;
}

/**
 * Regions, services and endpoints, to be read.
 *
 * @see Identity API v3, "Regions", "Service catalog and endpoints"
 */
export function catalogRoutes(
  app: FastifyInstance,
  { tokens }: EmbeddedIdentity,
  links: Links,
): void {
  const entriesFor = (request: FastifyRequest) =>
    catalogDocument(links.region, { identity: links.v3(request), image: links.root(request) });

  const kinds = {
    region: () => [{ id: links.region, description: '', parent_region_id: null }],
    service: (request: FastifyRequest) =>
      entriesFor(request).map(({ id, type, name }) => ({ id, type, name, enabled: true })),
    endpoint: (request: FastifyRequest) =>
      entriesFor(request).flatMap(({ id, endpoints }) =>
        endpoints.map((endpoint) => ({ ...endpoint, service_id: id, enabled: true })),
      ),
  } as const;
  const filters = ['type', 'name', 'interface', 'service_id', 'region_id'] as const;

  for (const [kind, partsFor] of Object.entries(kinds)) {
    const path = `/v3/${kind}s`;

    async function found(request: FastifyRequest): Promise<readonly Part[]> {
      const caller = await callerOf(request, tokens);
      // As Keystone: where there is something is for all to know, what there is for those who run it.
      demand(kind === 'region' || mayManage(caller), `Only an admin may see the ${kind}s.`);
      return partsFor(request).map((part) => ({
        ...part,
        links: { self: `${links.v3(request)}/${kind}s/${part.id}` },
      }));
    }

    app.get(path, async (request) => {
      const parts = (await found(request)).filter((part) =>
        filters.every((field) => {
          const wanted = queryText(request, field);
          return wanted === undefined || !(field in part) || part[field] === wanted;
        }),
      );
      return listDocument(`${kind}s`, parts, `${links.v3(request)}/${kind}s`);
    });

    app.get(`${path}/:id`, async (request) => {
      const id = pathText(request, 'id');
      const part = (await found(request)).find((one) => one.id === id);
      return { [kind]: existing(part, `${kind} ${id}`) };
    });
  }
}

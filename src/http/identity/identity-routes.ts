import type { FastifyPluginAsync } from 'fastify';
import type { EmbeddedIdentity } from '../../service/identity/open-identity.ts';
import { tokenRoutes } from './auth-tokens.ts';
import { parseJsonBodies } from './body.ts';
import { identityErrorHandler } from './errors.ts';
import { linksOf } from './links.ts';
import { answerUnknownRoutes } from './unknown-routes.ts';
import { versionRoutes } from './versions.ts';

export interface IdentityRoutesOptions {
  readonly identity: EmbeddedIdentity;
  /** Public URL of the whole service; without it links follow the Host header. */
  readonly publicEndpoint?: string | undefined;
}

/** The embedded identity service over HTTP; to be registered under a prefix such as `/identity`. */
export const identityRoutes: FastifyPluginAsync<IdentityRoutesOptions> = async (
  app,
  { identity, publicEndpoint },
) => {
  const links = linksOf({ publicEndpoint, prefix: app.prefix });
  parseJsonBodies(app);
  app.setErrorHandler(identityErrorHandler(links.v3));
  answerUnknownRoutes(app);

  versionRoutes(app, links);
  tokenRoutes(app, identity, links);
};

import type { FastifyPluginAsync } from 'fastify';
import type { EmbeddedIdentity } from '../../service/identity/open-identity.ts';
import type { RequestLimit } from '../request-limit.ts';
import { accessRuleRoutes, applicationCredentialRoutes } from './application-credentials.ts';
import { authRoutes } from './auth.ts';
import { tokenRoutes } from './auth-tokens.ts';
import { parseJsonBodies } from './body.ts';
import { catalogRoutes } from './catalog.ts';
import { identityErrorHandler } from './errors.ts';
import { linksOf } from './links.ts';
import { domainRoutes, projectRoutes } from './projects.ts';
import { roleAssignmentRoutes } from './role-assignments.ts';
import { roleRoutes } from './roles.ts';
import { signingKeyRoutes } from './signing-keys.ts';
import { answerUnknownRoutes } from './unknown-routes.ts';
import { ownUserRoutes, userRoutes } from './users.ts';
import { versionRoutes } from './versions.ts';

export interface IdentityRoutesOptions {
  readonly identity: EmbeddedIdentity;
  /** Public URL of the whole service; without it links follow the Host header. */
  readonly publicEndpoint?: string | undefined;
  /** Where the catalog says that the services are. */
  readonly region: string;
  readonly requests: Pick<RequestLimit, 'guard'>;
}

/** The embedded identity service over HTTP; to be registered under a prefix such as `/identity`. */
export const identityRoutes: FastifyPluginAsync<IdentityRoutesOptions> = async (
  app,
  { identity, publicEndpoint, region, requests },
) => {
  const links = linksOf({ publicEndpoint, prefix: app.prefix, region });
  parseJsonBodies(app);
  app.setErrorHandler(identityErrorHandler(links.v3));
  answerUnknownRoutes(app);
  requests.guard(app);

  versionRoutes(app, links);
  for (const routes of [
    tokenRoutes,
    authRoutes,
    projectRoutes,
    domainRoutes,
    userRoutes,
    ownUserRoutes,
    roleRoutes,
    roleAssignmentRoutes,
    applicationCredentialRoutes,
    accessRuleRoutes,
    catalogRoutes,
    signingKeyRoutes,
  ]) {
    routes(app, identity, links);
  }
};

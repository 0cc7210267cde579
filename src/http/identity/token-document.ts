import type { Authorization } from '../../domain/session.ts';

export interface TokenDocumentOptions {
  /** Undefined leaves the catalog out, as `?nocatalog` asks. */
  readonly catalog: readonly CatalogEntry[] | undefined;
}

/** What a token means, as clients read it. @see Identity API v3, "Password authentication with scoped authorization" */
export function tokenDocument(authorization: Authorization, { catalog }: TokenDocumentOptions) {
  const { session, user, userDomain, roles, credential } = authorization;
  const { kind } = session.scope;
  return {
    token: {
      methods: session.methods,
      user: {
        id: user.id,
        name: user.name,
        domain: named(userDomain),
        password_expires_at: null,
      },
      audit_ids: session.auditIds,
      issued_at: tokenTime(session.issuedAt),
      expires_at: tokenTime(session.expiresAt),
      ...placeDocument(authorization),
      ...(kind !== 'unscoped' && { roles: roles.map(named) }),
      ...(kind !== 'unscoped' && catalog && { catalog }),
      ...(credential && {
        application_credential: {
          id: credential.id,
          name: credential.name,
          restricted: !credential.unrestricted,
          ...(credential.accessRules && { access_rules: credential.accessRules }),
        },
      }),
    },
  };
}

function placeDocument({ session, project, domain }: Authorization) {
  if (project) {
    const { project: of, domain: within } = project;
    return { project: { ...named(of), domain: named(within) }, is_domain: false };
  }
  if (domain) return { domain: named(domain) };
  return session.scope.kind === 'system' ? { system: { all: true } } : {};
}

/** `2026-01-02T03:04:05.678000Z`: clients parse exactly six digits of fraction. */
export function tokenTime(time: Date): string {
  return time.toISOString().replace('Z', '000Z');
}

/** One service with its addresses. */
export type CatalogEntry = ReturnType<typeof catalogEntry>;

/**
 * The services that a token opens, all in one region. The image service's address bears no version: clients
 * discover it.
 *
 * @see Identity API v3, "Get service catalog"
 */
export function catalogDocument(region: string, urls: CatalogUrls) {
  return [
    catalogEntry(region, { type: 'identity', name: 'keystone', url: urls.identity }),
    catalogEntry(region, { type: 'image', name: 'vitrine', url: urls.image }),
  ];
}

interface CatalogUrls {
  readonly identity: string;
  readonly image: string;
}

interface Service {
  readonly type: string;
  readonly name: string;
  readonly url: string;
}

function catalogEntry(region: string, { type, name, url }: Service) {
  const endpoints = ['public', 'internal', 'admin'].map((kind) => ({
    id: `${type}-${kind}`,
    interface: kind,
    region,
    region_id: region,
    url,
  }));
  return { id: type, type, name, endpoints };
}

function named({ id, name }: { readonly id: string; readonly name: string }) {
  return { id, name };
}

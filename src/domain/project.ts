/** A namespace of projects and users. This service has one, `Default`. */
export interface Domain {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly enabled: boolean;
}

/** What owns images and shares them; the field's word for an organisation or a team. */
export interface Project {
  /** 32 hex digits. */
  readonly id: string;
  readonly domainId: string;
  readonly name: string;
  readonly description: string;
  readonly enabled: boolean;
}

/** The one domain's id; Keystone's own installations give it the same. */
export const defaultDomainId = 'default';

/** Names a domain by id or by name. */
export type DomainReference = { readonly id: string } | { readonly name: string };

/** Names a project or a user: by id, or by name within a domain. */
export type NamedReference =
  | { readonly id: string }
  | { readonly name: string; readonly domain: DomainReference };

import type { FastifyRequest } from 'fastify';

/** Where clients reach this service: by the operator's word, or else as the request reached it. */
export interface Links {
  /** The root of the image service, without a slash at its end. */
  readonly root: (request: FastifyRequest) => string;
  /** `<base>/v3` of the identity service. */
  readonly v3: (request: FastifyRequest) => string;
  /** Where the catalog says that both are. */
  readonly region: string;
}

export interface LinksOptions {
  /** Public URL of the whole service, such as `https://images.example.org`. */
  readonly publicEndpoint?: string | undefined;
  /** Path under which the identity service answers, such as `/identity`. */
  readonly prefix: string;
  readonly region: string;
}

/** Makes the links that documents carry. */
export function linksOf({ publicEndpoint, prefix, region }: LinksOptions): Links {
  const configured = publicEndpoint?.replace(/\/+$/, '');
  const root = (request: FastifyRequest) => configured ?? `${request.protocol}://${request.host}`;
  return { root, v3: (request) => `${root(request)}${prefix}/v3`, region };
}

/** The path under which the service is, without a slash at its end; the page is below it. */
const root = new URL('..', document.baseURI).href.replace(/\/$/, '');

/** Whether the service has an identity service of its own; else the page signs in at the cloud's, by way of the service. */
const isEmbedded =
  document.querySelector<HTMLMetaElement>('meta[name=identity]')?.content !== 'keystone';

/** The service that the page came from. */
export const service = {
  isEmbedded,
  imageUrl: root,
  authUrl: `${root}${isEmbedded ? '/identity/v3' : '/vitrine/v1/keystone/v3'}`,
} as const;

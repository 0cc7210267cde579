/**
 * The minor versions whose features are here, newest first. They change nothing in behaviour: clients
 * read from them what a service can do, so a version is listed once its feature exists.
 *
 * @see Images API v2, "API versions"
 */
const minors = ['2.9', '2.7', '2.6', '2.5', '2.4', '2.3', '2.2', '2.1', '2.0'] as const;

/** Path segments that select the API: `v2` and every listed version. */
export const versionSegments: ReadonlySet<string> = new Set([
  'v2',
  ...minors.map((minor) => `v${minor}`),
]);

/**
 * Writes the document by which clients discover the API.
 *
 * @param base the service's own root, without a slash at its end
 */
export function versionsDocument(base: string) {
  return {
    versions: minors.map((minor, index) => ({
      id: `v${minor}`,
      status: index === 0 ? 'CURRENT' : 'SUPPORTED',
      links: [{ rel: 'self', href: `${base}/v2/` }],
    })),
  };
}

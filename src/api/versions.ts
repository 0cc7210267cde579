/**
 * The minor versions whose features are here, newest first. They change nothing in behaviour: clients
 * read from them what a service can do, so a version is listed once its feature exists.
 *
 * @see Images API v2, "API versions"
 */
const minors = ['2.17', '2.9', '2.7', '2.6', '2.5', '2.4', '2.3', '2.2', '2.1', '2.0'] as const;

/** Those of a service with several stores: 2.14, 2.16 and 2.18 are of caches. */
const minorsWithStores = [
  ...['2.17', '2.15', '2.13', '2.12', '2.11', '2.10', '2.9', '2.8'],
  ...minors.slice(2),
];

function minorsOf(hasStores: boolean): readonly string[] {
  return hasStores ? minorsWithStores : minors;
}

/** Path segments that select the API: `v2` and every listed version. */
export function versionSegments(hasStores: boolean): ReadonlySet<string> {
  return new Set(['v2', ...minorsOf(hasStores).map((minor) => `v${minor}`)]);
}

/**
 * Writes the document by which clients discover the API.
 *
 * @param base the service's own root, without a slash at its end
 */
export function versionsDocument(base: string, hasStores: boolean) {
  return {
    versions: minorsOf(hasStores).map((minor, index) => ({
      id: `v${minor}`,
      status: index === 0 ? 'CURRENT' : 'SUPPORTED',
      links: [{ rel: 'self', href: `${base}/v2/` }],
    })),
  };
}

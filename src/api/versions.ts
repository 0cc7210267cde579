/** What a service has that not every one does. */
export interface VersionFeatures {
  readonly hasStores: boolean;
  readonly hasCache: boolean;
}

/**
 * The minor versions, newest first. They change nothing in behaviour: clients read from them what a service can do,
 * so a version is listed once its feature exists.
 *
 * @see Images API v2, "API versions"
 */
const minors = [
  ...['2.18', '2.17', '2.16', '2.15', '2.14', '2.13', '2.12', '2.11', '2.10', '2.9', '2.8'],
  ...['2.7', '2.6', '2.5', '2.4', '2.3', '2.2', '2.1', '2.0'],
];

const ofStores: ReadonlySet<string> = new Set(['2.15', '2.13', '2.12', '2.11', '2.10', '2.8']);
const ofCache: ReadonlySet<string> = new Set(['2.18', '2.16', '2.14']);

function minorsOf({ hasStores, hasCache }: VersionFeatures): readonly string[] {
  return minors.filter(
    (minor) => (hasStores || !ofStores.has(minor)) && (hasCache || !ofCache.has(minor)),
  );
}

/** Path segments that select the API: `v2` and every listed version. */
export function versionSegments(features: VersionFeatures): ReadonlySet<string> {
  return new Set(['v2', ...minorsOf(features).map((minor) => `v${minor}`)]);
}

/**
 * Writes the document by which clients discover the API.
 *
 * @param base the service's own root, without a slash at its end
 */
export function versionsDocument(base: string, features: VersionFeatures) {
  return {
    versions: minorsOf(features).map((minor, index) => ({
      id: `v${minor}`,
      status: index === 0 ? 'CURRENT' : 'SUPPORTED',
      links: [{ rel: 'self', href: `${base}/v2/` }],
    })),
  };
}

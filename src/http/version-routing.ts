import type { IncomingMessage } from 'node:http';
import { type VersionFeatures, versionSegments } from '../api/versions.ts';

/** What is served beside the Images API; its first path segments name no version. */
const otherRoots = new Set([
  '',
  'versions',
  'healthcheck',
  'identity',
  'vitrine',
  'console',
  'metrics',
]);

/** How the paths of a service are read. */
export function pathsOf(features: VersionFeatures): (request: IncomingMessage) => string {
  const segments = versionSegments(features);
  return (request) => routedUrl(request, segments);
}

/**
 * The path as the routes know it: `/v2.7/images` is `/v2/images`, and a path without version is
 * one of the API when `Accept` names the version instead.
 *
 * @see Images API v2, "API versions"
 */
function routedUrl(request: IncomingMessage, segments: ReadonlySet<string>): string {
  const url = request.url ?? '/';
  // Nearly every request.
  if (url.startsWith('/v2/')) return url;
  const end = url.slice(1).search(/[/?]/);
  const segment = end < 0 ? url.slice(1) : url.slice(1, end + 1);
  const rest = end < 0 ? '' : url.slice(end + 1);
  if (segments.has(segment)) return `/v2${rest}`;
  if (/^v\d/.test(segment) || otherRoots.has(segment)) return url;
  const accepted = /^application\/vnd\.openstack\.images-(v[\d.]+)$/.exec(
    request.headers.accept ?? '',
  );
  return accepted && segments.has(accepted[1] ?? '') ? `/v2${url}` : url;
}

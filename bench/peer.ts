import type { Beside } from './goals.ts';
import type { Options } from './options.ts';
import { type Seed, seed } from './seed.ts';
import { type Endpoint, endpointOf, type Session } from './service.ts';

/** Another service that speaks the Images API, to be measured in turn with ours. */
export interface Peer extends Endpoint {
  readonly name: string;
  readonly kind: Exclude<Beside, 'bare'>;
}

/** A peer with what the metadata calls are measured on. */
export interface SeededPeer extends Peer {
  readonly seed: Seed;
}

/**
 * The service that the options name, if any.
 *
 * @throws Error when it cannot be signed in to
 */
export async function peerOf(options: Options): Promise<Peer | undefined> {
  const { against, againstClouds, againstName: name, againstGlance } = options;
  if (against === undefined) return undefined;
  const kind = againstGlance ? 'glance' : 'other';
  if (againstClouds !== undefined) {
    return { name, kind, ...(await endpointOf(against, againstClouds)) };
  }
  const url = against.replace(/\/+$/, '');
  const producer = await sessionOf(url, 'BENCH_PRODUCER_TOKEN');
  const consumer = await sessionOf(url, 'BENCH_CONSUMER_TOKEN');
  return { name, kind, url, producer, consumer };
}

/** A token from the environment; the project that it is for owns what it makes. */
async function sessionOf(url: string, variable: string): Promise<Session> {
  const token = process.env[variable];
  if (!token) throw new Error(`--against wants --clouds FILE, or a token in ${variable}.`);
  const headers = { 'x-auth-token': token, 'content-type': 'application/json' };
  const made = await fetch(`${url}/v2/images`, { method: 'POST', headers, body: '{}' });
  if (!made.ok) throw new Error(`${url}, with ${variable}: ${made.status} ${await made.text()}`);
  const { id, owner } = (await made.json()) as { id: string; owner: string };
  await fetch(`${url}/v2/images/${id}`, { method: 'DELETE', headers });
  return { token, projectId: owner };
}

/** Fills the peer like the service. */
export async function seedPeer(peer: Peer): Promise<SeededPeer> {
  return { ...peer, seed: await seed(peer) };
}

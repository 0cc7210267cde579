import { lookup, Resolver } from 'node:dns/promises';

/** Finds the addresses of hosts. */
export interface WebResolver {
  /**
   * All addresses that the name has now; none when nobody knows it.
   *
   * @param isNamed whether the operator named the host
   */
  resolve(host: string, isNamed: boolean, signal: AbortSignal): Promise<readonly string[]>;
}

/**
 * Resolves by DNS; hosts that the operator named as every program of this machine does, by its hosts file too.
 *
 * The latter takes a thread of a small pool for as long as name servers like, and files are read and written by the
 * same pool: whoever has a name server that never answers must not be able to stop them.
 */
export const systemResolver: WebResolver = {
  resolve: (host, isNamed, signal) => (isNamed ? byMachine(host) : byDns(host, signal)),
};

async function byMachine(host: string): Promise<readonly string[]> {
  const found = await lookup(host, { all: true, order: 'verbatim' }).catch(() => []);
  return found.map(({ address }) => address);
}

async function byDns(host: string, signal: AbortSignal): Promise<readonly string[]> {
  const resolver = new Resolver({ timeout: 2000, tries: 3 });
  const cancel = () => resolver.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  try {
    // A dot at its end keeps the name from being looked up within the machine's own domains.
    const name = `${host}.`;
    const found = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
    return found.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}

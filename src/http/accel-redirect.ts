import { BlockList, isIPv6 } from 'node:net';
import type { FastifyRequest } from 'fastify';
import type { Network } from './network.ts';

/** Ranges that any web server reads as this service does. */
const plainRange = /^bytes=(\d+-\d*|-\d+)$/;

/**
 * Says by which path the proxy in front finds the data of a request, to send it itself; undefined when this
 * service is to send it.
 *
 * @param file the data's place in the folder of images; undefined when it is in no file
 */
export type AccelRedirect = (
  request: FastifyRequest,
  file: string | undefined,
) => string | undefined;

/** @see "X-Accel", nginx's name for answers that name a file of its own machine instead of holding it */
export function accelRedirectOf({
  accelRedirect: place,
  trustedProxies,
}: Pick<Network, 'accelRedirect' | 'trustedProxies'>): AccelRedirect {
  if (place === undefined) return () => undefined;
  const proxies = listOf(trustedProxies);

  return ({ raw, headers }, file) => {
    if (file === undefined) return undefined;
    // Anybody else would be told of a path, and get no data.
    const { remoteAddress: address = '' } = raw.socket;
    if (!proxies.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')) return undefined;
    const { range, 'content-range': contentRange } = headers;
    const isPlain = range === undefined ? contentRange === undefined : plainRange.test(range);
    return isPlain ? `${place}${file}` : undefined;
  };
}

function listOf(addresses: readonly string[]): BlockList {
  const list = new BlockList();
  for (const text of addresses) {
    const [address = '', prefix] = text.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  return list;
}

import { isIP } from 'node:net';
import { type Setting, structure } from './setting.ts';

/** The proxies whose word counts about who asks, and for what. */
export const trustedProxies: Setting<readonly string[]> = {
  key: 'trusted_proxies',
  initial: [],
  about:
    'Addresses of the proxies in front of the service. `X-Forwarded-For`, `-Proto` and `-Host` count from these alone',
  read(value) {
    const addresses = structure(value);
    return Array.isArray(addresses) && addresses.every(isNetwork) ? addresses : undefined;
  },
  wanted: 'a list of addresses and networks such as ["192.0.2.10", "2001:db8::/64"],',
};

/** An address, or a network of them; not the network of all, which would let everybody claim to be anybody. */
function isNetwork(value: unknown): value is string {
  if (typeof value !== 'string') return false;
  const [address = '', prefix = '1', ...rest] = value.split('/');
  const longest = { 0: 0, 4: 32, 6: 128 }[isIP(address)] ?? 0;
  const isPrefix = /^[1-9]\d{0,2}$/.test(prefix) && Number(prefix) <= longest;
  return isPrefix && rest.length === 0 && !address.includes('%');
}

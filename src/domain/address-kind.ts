import { type IpAddress, type IpNetwork, isInNetwork, parseIpNetwork } from './ip-address.ts';

/**
 * What an address leads to. `public`: anybody's host on the internet. `private`: a network of the operator's,
 * carriers' included. `loopback`: this machine. `special`: what nobody downloads from, with link-local
 * addresses, at which clouds keep credentials for their machines, first among them.
 */
export type AddressKind = 'public' | 'private' | 'loopback' | 'special';

/**
 * The first network that holds an address tells its kind.
 *
 * @see IANA's registries of special-purpose IPv4 and IPv6 addresses (RFC 6890)
 */
const kinds: readonly (readonly [network: IpNetwork, kind: AddressKind])[] = [
  // At these, clouds keep what their machines ask for themselves: AWS, Alibaba, Azure, Google.
  of('100.100.100.200', 'special'),
  of('168.63.129.16', 'special'),
  of('fd00:ec2::/32', 'special'),
  of('fd20:ce::/32', 'special'),
  // This network, and this host on it.
  of('0.0.0.0/8', 'special'),
  of('10.0.0.0/8', 'private'),
  of('100.64.0.0/10', 'private'),
  of('127.0.0.0/8', 'loopback'),
  of('169.254.0.0/16', 'special'),
  of('172.16.0.0/12', 'private'),
  // Protocol assignments, documentation, relays of 6to4.
  of('192.0.0.0/24', 'special'),
  of('192.0.2.0/24', 'special'),
  of('192.88.99.0/24', 'special'),
  of('192.168.0.0/16', 'private'),
  // Benchmarks and documentation.
  of('198.18.0.0/15', 'special'),
  of('198.51.100.0/24', 'special'),
  of('203.0.113.0/24', 'special'),
  // Multicast; reserved, and broadcast.
  of('224.0.0.0/4', 'special'),
  of('240.0.0.0/4', 'special'),
  of('0.0.0.0/0', 'public'),
  of('::1', 'loopback'),
  of('fc00::/7', 'private'),
  // Protocol assignments with Teredo, documentation, 6to4, documentation: all within what is given out.
  of('2001::/23', 'special'),
  of('2001:db8::/32', 'special'),
  of('2002::/16', 'special'),
  of('3fff::/20', 'special'),
  of('2000::/3', 'public'),
  // The rest is unassigned, local or multicast, IPv4-compatible addresses (::/96) included.
  of('::/0', 'special'),
];

/** Addresses by which networks without IPv4 reach it: their last 32 bits are the IPv4 address. @see RFC 6052 */
const translated = networkOf('64:ff9b::/96');

export function addressKind(address: IpAddress): AddressKind {
  if (isInNetwork(address, translated)) {
    return addressKind({ version: 4, value: address.value & 0xffff_ffffn });
  }
  return kinds.find(([network]) => isInNetwork(address, network))?.[1] ?? 'special';
}

function of(network: string, kind: AddressKind): readonly [IpNetwork, AddressKind] {
  return [networkOf(network), kind];
}

function networkOf(text: string): IpNetwork {
  const network = parseIpNetwork(text);
  if (!network) throw new TypeError(`${text} is no network.`);
  return network;
}

import { isIPv6 } from 'node:net';

/**
 * What limits count as one client: an IPv4 address, or the /64 of an IPv6 address, since a host can take
 * any address of it. A port that a proxy has told with an address is left out.
 */
export function clientNetwork(address: string): string {
  if (!address.includes(':')) return address;
  const mayHavePort = address.includes('.') || address.startsWith('[');
  const host = mayHavePort ? withoutPort(address) : address;
  if (host.startsWith('::') || !isIPv6(host)) return host;
  return firstGroups(host, 4);
}

function withoutPort(address: string): string {
  return (
    /^(?:([\d.]+):\d+|\[([\da-f:.]+)\](?::\d+)?)$/i.exec(address)?.slice(1).join('') ?? address
  );
}

/** The first groups of an IPv6 address, those that it leaves out as zeros; no array is made on the way. */
function firstGroups(address: string, count: number): string {
  let end = -1;
  for (let group = 1; group <= count; group += 1) {
    const next = address.indexOf(':', end + 1);
    if (next === end + 1) return address.slice(0, end) + ':0'.repeat(count - group + 1);
    end = next;
  }
  return address.slice(0, end);
}

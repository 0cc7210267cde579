/** An address of the internet protocol as a number. */
export interface IpAddress {
  readonly version: 4 | 6;
  readonly value: bigint;
}

/** The addresses whose first `prefix` bits are those of `value`. */
export interface IpNetwork extends IpAddress {
  readonly prefix: number;
}

const bits = { 4: 32, 6: 128 } as const;

/**
 * Reads an address in its usual notation: four decimal numbers, or RFC 4291's groups. None of the forms that
 * libraries of C take beside these (one number, hexadecimal, octal, fewer parts, zones) is an address here.
 *
 * An IPv4-mapped IPv6 address (`::ffff:192.0.2.1`) is the IPv4 address, as which it is connected to.
 */
export function parseIpAddress(text: string): IpAddress | undefined {
  const four = parseFour(text);
  if (four !== undefined) return { version: 4, value: four };
  const six = parseSix(text);
  if (six === undefined) return undefined;
  const isMapped = six >> 32n === 0xffffn;
  return isMapped ? { version: 4, value: six & 0xffff_ffffn } : { version: 6, value: six };
}

/** Reads `address/prefix`, or an address alone. What stands behind the prefix is cut off. */
export function parseIpNetwork(text: string): IpNetwork | undefined {
  const [addressText = '', prefixText, ...rest] = text.split('/');
  const address = parseIpAddress(addressText);
  if (!address || rest.length > 0) return undefined;
  const longest = bits[address.version];
  const prefix = prefixText === undefined ? longest : Number(prefixText);
  if (prefixText !== undefined && !/^\d{1,3}$/.test(prefixText)) return undefined;
  // Behind a mapped address the prefix would count other bits than those that are left.
  if (prefix > longest || (prefixText !== undefined && isMappedText(addressText, address))) {
    return undefined;
  }
  return { ...address, prefix };
}

export function isInNetwork(address: IpAddress, network: IpNetwork): boolean {
  if (address.version !== network.version) return false;
  const rest = BigInt(bits[network.version] - network.prefix);
  return address.value >> rest === network.value >> rest;
}

function isMappedText(text: string, { version }: IpAddress): boolean {
  return version === 4 && text.includes(':');
}

function parseFour(text: string): bigint | undefined {
  const parts = text.split('.');
  const isByte = (part: string) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255;
  if (parts.length !== 4 || !parts.every(isByte)) return undefined;
  return parts.reduce((value, part) => (value << 8n) | BigInt(part), 0n);
}

/** RFC 4291, 2.2: eight groups, one run of zeros left out as `::`, the last two perhaps in IPv4's notation. */
function parseSix(text: string): bigint | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map((half, at) => parseGroups(half, at === halves.length - 1));
  if (!head) return undefined;
  if (halves.length === 1) return head.length === 8 ? joined(head) : undefined;
  if (!tail || head.length + tail.length > 7) return undefined;
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => 0n);
  return joined([...head, ...zeros, ...tail]);
}

function parseGroups(text: string, isLast: boolean): readonly bigint[] | undefined {
  if (text === '') return [];
  const groups: bigint[] = [];
  const parts = text.split(':');
  for (const [at, part] of parts.entries()) {
    const four = isLast && at === parts.length - 1 ? parseFour(part) : undefined;
    if (four !== undefined) groups.push(four >> 16n, four & 0xffffn);
    else if (/^[\da-f]{1,4}$/i.test(part)) groups.push(BigInt(`0x${part}`));
    else return undefined;
  }
  return groups;
}

function joined(groups: readonly bigint[]): bigint {
  return groups.reduce((value, group) => (value << 16n) | group, 0n);
}

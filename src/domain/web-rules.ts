import { addressKind } from './address-kind.ts';
import { DomainError } from './errors.ts';
import { type IpNetwork, isInNetwork, parseIpAddress } from './ip-address.ts';

/** Where the service may be sent by a URL that a caller chose. Where something is allowed, its deny list is moot. */
export interface WebRules {
  readonly schemes: AllowOrDeny<string>;
  readonly ports: AllowOrDeny<number>;
  /** Names in lower case, and addresses. The allowed ones may be in the operator's own networks. */
  readonly hosts: AllowOrDeny<string>;
  /** The allowed ones are open whatever they are; the denied ones are closed to everybody. */
  readonly networks: AllowOrDeny<IpNetwork>;
}

/** Without allowed ones, all are but the denied. */
interface AllowOrDeny<T> {
  readonly allowed: readonly T[];
  readonly denied: readonly T[];
}

/** A URL as far as its text tells. */
export interface WebUrl {
  readonly url: URL;
  /** In lower case, without brackets and without a dot at its end. */
  readonly host: string;
  readonly port: number;
  /** Whether the operator named the host. */
  readonly isNamed: boolean;
}

/** Bytes. */
const maxLength = 2048;

const standardPorts: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };

/**
 * Reads a URL that a caller chose.
 *
 * @param field what the caller calls it, for the message
 * @throws DomainError `InvalidRequest`
 * @see Glance, `[import_filtering_opts]`; unlike there, a URL without a port has its scheme's
 */
export function readWebUrl(text: string, rules: WebRules, field: string): WebUrl {
  const url = parsed(text, field);
  const scheme = url.protocol.slice(0, -1);
  const standard = standardPorts[url.protocol];
  if (standard === undefined || !isOpen(scheme, rules.schemes)) {
    const open = ['http', 'https'].filter((one) => isOpen(one, rules.schemes));
    throw refusal(field, `the scheme must be one of ${open.join(', ')}.`);
  }
  checkSpelling(text, url, field);
  const port = url.port === '' ? standard : Number(url.port);
  if (!isOpen(port, rules.ports)) throw refusal(field, `port ${port} is not allowed.`);
  const host = hostOf(url);
  if (!isOpen(host, rules.hosts)) throw refusal(field, `host ${host} is not allowed.`);
  return { url, host, port, isNamed: rules.hosts.allowed.includes(host) };
}

/** Whether the service may connect to that address of the host. */
export function mayConnect(
  address: string,
  { isNamed }: Pick<WebUrl, 'isNamed'>,
  { networks }: Pick<WebRules, 'networks'>,
): boolean {
  const found = parseIpAddress(address);
  if (!found || networks.denied.some((network) => isInNetwork(found, network))) return false;
  if (networks.allowed.some((network) => isInNetwork(found, network))) return true;
  const kind = addressKind(found);
  return kind === 'public' || (isNamed && kind !== 'special');
}

/** A host as `WebRules` has it; undefined for what can be none. */
export function readHost(text: string): string | undefined {
  const address = parseIpAddress(text.replace(/^\[(.*)\]$/, '$1'));
  const authority = address?.version === 6 && !text.startsWith('[') ? `[${text}]` : text;
  const url = URL.parse(`http://${authority}/`);
  const isHost = url?.host.length === url?.hostname.length && isSpelledAs(authority, url);
  return url && isHost ? hostOf(url) : undefined;
}

function parsed(text: string, field: string): URL {
  if (text.length > maxLength) throw refusal(field, `at most ${maxLength} characters are wanted.`);
  // What URL parsers skip or turn into something else is not for them to see.
  const isPlain = /^[!-~]*$/.test(text) && !text.includes('\\');
  const url = isPlain && /^[a-z][a-z\d+.-]*:\/\//i.test(text) ? URL.parse(text) : null;
  if (!url) throw refusal(field, 'must be a URL of ASCII characters without blanks.');
  return url;
}

/** Between scheme and path stand a host and perhaps a port, in the one spelling that everybody reads alike. */
function checkSpelling(text: string, url: URL, field: string): void {
  const authority = /^[^:]*:\/\/([^/?#]*)/.exec(text)?.[1] ?? '';
  if (authority.includes('@')) throw refusal(field, 'must not have a user name or password.');
  if (!isSpelledAs(authority.replace(/:\d*$/, ''), url)) {
    throw refusal(field, 'the host must be a name, or an address in its usual notation.');
  }
}

function isSpelledAs(text: string, url: URL | null): boolean {
  const host = text.toLowerCase();
  // The parser gives all spellings of an IPv6 address one form, which is what is judged.
  if (host.startsWith('[')) return url?.hostname.startsWith('[') ?? false;
  const isName = /^(?!-)[a-z\d_-]{1,63}(\.[a-z\d_-]{1,63})*\.?$/.test(host) && host.length <= 254;
  return isName && host === url?.hostname;
}

function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
}

function isOpen<T>(one: T, { allowed, denied }: AllowOrDeny<T>): boolean {
  return allowed.length > 0 ? allowed.includes(one) : !denied.includes(one);
}

function refusal(field: string, message: string): DomainError {
  return new DomainError('InvalidRequest', `${field}: ${message}`);
}

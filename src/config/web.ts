import { type IpNetwork, parseIpNetwork } from '../domain/ip-address.ts';
import { readHost, type WebRules } from '../domain/web-rules.ts';
import type { WebTimes } from '../web/exchange.ts';
import { readCertificates } from './certificates.ts';
import { integer, type Setting, structure } from './setting.ts';

/** Which URLs of callers' choice the service asks, and for how long it waits. Times in seconds. */
export interface WebConfig {
  readonly webAllowedSchemes: readonly string[];
  readonly webDisallowedSchemes: readonly string[];
  readonly webAllowedPorts: readonly number[];
  readonly webDisallowedPorts: readonly number[];
  readonly webAllowedHosts: readonly string[];
  readonly webDisallowedHosts: readonly string[];
  readonly webAllowedNetworks: readonly IpNetwork[];
  readonly webDisallowedNetworks: readonly IpNetwork[];
  readonly webConnectTimeout: number;
  readonly webSilenceTimeout: number;
  readonly webTotalTimeout: number;
  /** Certificates in PEM to trust beside the usual ones, read from the file that the setting names. */
  readonly webCafile: string | undefined;
}

type WebSettings = { readonly [Name in keyof WebConfig]: Setting<WebConfig[Name]> };

const day = 24 * 3600;

/** The settings of `WebConfig`. */
export const webSettings: WebSettings = {
  webAllowedSchemes: list('web_allowed_schemes', {
    initial: ['http', 'https'],
    about: 'What the URLs that callers choose may begin with',
    readItem: readScheme,
    wanted: 'a list of http and https',
  }),
  webDisallowedSchemes: list('web_disallowed_schemes', {
    initial: [],
    about: 'What they may not begin with; counts when `web_allowed_schemes` is empty',
    readItem: readScheme,
    wanted: 'a list of http and https',
  }),
  webAllowedPorts: list('web_allowed_ports', {
    initial: [80, 443],
    about: 'The ports that they may lead to; a URL without one leads to 80 or 443',
    readItem: readPort,
    wanted: 'a list of ports',
  }),
  webDisallowedPorts: list('web_disallowed_ports', {
    initial: [],
    about: 'The ports that they may not lead to; counts when `web_allowed_ports` is empty',
    readItem: readPort,
    wanted: 'a list of ports',
  }),
  webAllowedHosts: list('web_allowed_hosts', {
    initial: [],
    about:
      'The only hosts that they may lead to, by name or address; these may be private or this machine. Empty for all public ones',
    readItem: readHostItem,
    wanted: 'a list of names and addresses of hosts',
  }),
  webDisallowedHosts: list('web_disallowed_hosts', {
    initial: [],
    about: 'Hosts that they may not lead to; counts when `web_allowed_hosts` is empty',
    readItem: readHostItem,
    wanted: 'a list of names and addresses of hosts',
  }),
  webAllowedNetworks: list('web_allowed_networks', {
    initial: [],
    about:
      'Networks that they may lead to beside the public ones, such as the one of a private mirror',
    readItem: readNetwork,
    wanted: 'a list of addresses and networks such as ["192.0.2.10", "10.20.0.0/16"],',
  }),
  webDisallowedNetworks: list('web_disallowed_networks', {
    initial: [],
    about: 'Networks that they may not lead to, whatever else is allowed',
    readItem: readNetwork,
    wanted: 'a list of addresses and networks such as ["192.0.2.10", "10.20.0.0/16"],',
  }),
  webConnectTimeout: integer('web_connect_timeout', {
    initial: 10,
    about: 'Seconds that looking up such a host, and connecting to it, may take each',
    min: 1,
    max: 600,
  }),
  webSilenceTimeout: integer('web_silence_timeout', {
    initial: 60,
    about: 'Seconds in which such a host must send something, and of data at least 1 KiB',
    min: 1,
    max: 3600,
  }),
  webTotalTimeout: integer('web_total_timeout', {
    initial: 12 * 3600,
    about: 'Seconds that getting the data of one URL may take',
    min: 1,
    max: 7 * day,
  }),
  webCafile: {
    key: 'web_cafile',
    initial: undefined,
    about: 'A file of certificates, in PEM, to trust beside the usual ones',
    read: readCertificates,
    wanted: 'the path of a file with certificates in PEM',
  },
};

interface ListDescription<T> {
  readonly initial: readonly T[];
  readonly about: string;
  readonly readItem: (item: unknown) => T | undefined;
  readonly wanted: string;
}

/** A setting of several things: a list in the file, in the environment as YAML or with commas between them. */
function list<T>(
  key: string,
  { initial, about, readItem, wanted }: ListDescription<T>,
): Setting<readonly T[]> {
  return {
    key,
    initial,
    about,
    read(value) {
      const given = typeof value === 'string' ? listOfText(value) : value;
      const items = Array.isArray(given) ? given.map(readItem) : [undefined];
      const known = items.filter((item) => item !== undefined);
      return known.length === items.length ? known : undefined;
    },
    wanted,
  };
}

function listOfText(text: string): unknown {
  if (text.trim().startsWith('[')) return structure(text);
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function readScheme(item: unknown): string | undefined {
  return ['http', 'https'].find((scheme) => scheme === item);
}

function readPort(item: unknown): number | undefined {
  const port = typeof item === 'string' && /^\d{1,5}$/.test(item) ? Number(item) : item;
  return Number.isInteger(port) && Number(port) > 0 && Number(port) < 65_536
    ? Number(port)
    : undefined;
}

function readHostItem(item: unknown): string | undefined {
  return typeof item === 'string' ? readHost(item) : undefined;
}

function readNetwork(item: unknown): IpNetwork | undefined {
  return typeof item === 'string' ? parseIpNetwork(item) : undefined;
}

/** What the operator lets callers' URLs lead to. */
export function webRulesOf(config: WebConfig): WebRules {
  return {
    schemes: { allowed: config.webAllowedSchemes, denied: config.webDisallowedSchemes },
    ports: { allowed: config.webAllowedPorts, denied: config.webDisallowedPorts },
    hosts: { allowed: config.webAllowedHosts, denied: config.webDisallowedHosts },
    networks: { allowed: config.webAllowedNetworks, denied: config.webDisallowedNetworks },
  };
}

export function webTimesOf(config: WebConfig): WebTimes {
  return {
    connect: config.webConnectTimeout * 1000,
    silence: config.webSilenceTimeout * 1000,
    total: config.webTotalTimeout * 1000,
  };
}

import type { CertificateFiles } from '../http/certificate.ts';
import type { Network } from '../http/network.ts';
import { trustedProxies } from './addresses.ts';
import { flag, integer, type Setting } from './setting.ts';
import type { StoreConfig } from './stores.ts';

/** What the service takes from the network, and for how long it waits. Sizes in bytes, times in seconds. */
export interface NetworkConfig {
  /** Undefined without TLS, like its key. */
  readonly tlsCertFile: string | undefined;
  readonly tlsKeyFile: string | undefined;
  readonly trustedProxies: readonly string[];
  /** Requests a second; 0 for no limit. */
  readonly rateLimitAddress: number;
  readonly rateLimitProject: number;
  readonly rateLimitBurst: number;
  /** 0 for no limit. */
  readonly maxUploads: number;
  readonly sendfile: boolean;
  readonly accelRedirect: string | undefined;
  /** 0 for no limit. */
  readonly maxConnections: number;
  /** 0 for no limit. */
  readonly maxRequests: number;
  /** Of the request line and all header fields together. */
  readonly maxHeaderSize: number;
  readonly maxJsonBodySize: number;
  readonly clientHeadTimeout: number;
  readonly clientBodyTimeout: number;
  readonly clientSocketTimeout: number;
  readonly clientKeepAliveTimeout: number;
  readonly drainTime: number;
  /** Undefined where only this machine may read the metrics. */
  readonly metricsToken: string | undefined;
  readonly healthcheckStores: boolean;
  /** Milliseconds; 0 for no limit. */
  readonly maxLoopDelay: number;
}

const day = 24 * 3600;

/** The settings of `NetworkConfig`. */
export const networkSettings: {
  readonly [Name in keyof NetworkConfig]: Setting<NetworkConfig[Name]>;
} = {
  tlsCertFile: file('tls_cert_file', {
    about: 'The certificate to serve HTTPS with, and those that lead to its authority behind it',
  }),
  tlsKeyFile: file('tls_key_file', { about: 'The private key of that certificate' }),
  trustedProxies,
  rateLimitAddress: integer('rate_limit_address', {
    initial: 0,
    about: 'Requests a second that may come from one address, or one IPv6 /64; 0 for no limit',
    min: 0,
    max: 1_000_000,
  }),
  rateLimitProject: integer('rate_limit_project', {
    initial: 0,
    about: 'Requests a second that one project may make of the image service; 0 for no limit',
    min: 0,
    max: 1_000_000,
  }),
  rateLimitBurst: integer('rate_limit_burst', {
    initial: 5,
    about: "Seconds' worth of requests that may come at once, after a pause as long",
    min: 1,
    max: 3600,
  }),
  maxUploads: integer('max_uploads', {
    initial: 0,
    about: 'Uploads that the service takes at a time, of all projects together; 0 for no limit',
    min: 0,
    max: 1_000_000,
  }),
  sendfile: flag('sendfile', {
    initial: true,
    about:
      'Lets Linux send the data of images from their files to connections without TLS, past the service, by `sendfile(2)`',
  }),
  accelRedirect: {
    key: 'accel_redirect',
    initial: undefined,
    about:
      'The internal location by which nginx in front finds the folder of images, to send them itself; see [nginx sends the data](http.md#nginx-sends-the-data)',
    read: (value) =>
      typeof value === 'string' && /^\/([\w-]+\/)*$/.test(value) ? value : undefined,
    wanted: 'a path of letters, digits, hyphens and underscores, such as `/internal/`,',
  },
  maxConnections: integer('max_connections', {
    initial: 0,
    about: 'Connections that may be open at a time; more are closed at once; 0 for no limit',
    min: 0,
    max: 1_000_000,
  }),
  maxRequests: integer('max_requests', {
    initial: 1000,
    about:
      'Requests that may be under way at a time in one process, but for transfers of data and streams of events; more are told to come back; 0 for no limit',
    min: 0,
    max: 1_000_000,
  }),
  maxLoopDelay: integer('max_loop_delay', {
    initial: 1000,
    about:
      'Milliseconds by which a process may get round late to what has come in, twice in a row, before it tells more requests to come back; 0 for no limit',
    min: 0,
    max: 60_000,
  }),
  maxHeaderSize: integer('max_header_size', {
    initial: 32 * 1024,
    about: 'Bytes that the request line and the header fields of a request may have together',
    min: 8 * 1024,
    max: 1024 * 1024,
  }),
  maxJsonBodySize: integer('max_json_body_size', {
    initial: 1024 * 1024,
    about: 'Bytes that a JSON body may have; image data has limits of its own',
    min: 16 * 1024,
    max: 64 * 1024 * 1024,
  }),
  clientHeadTimeout: integer('client_head_timeout', {
    initial: 20,
    about: 'Seconds that a client may take to send the head of a request',
    min: 1,
    max: day,
  }),
  clientBodyTimeout: integer('client_body_timeout', {
    initial: 30,
    about: 'Seconds that a client may take to send a JSON body; uploads take the time they take',
    min: 1,
    max: day,
  }),
  clientSocketTimeout: integer('client_socket_timeout', {
    initial: 120,
    about:
      'Seconds after which a connection is cut on which nothing moves, be it an upload or a download',
    min: 1,
    max: day,
  }),
  clientKeepAliveTimeout: integer('client_keep_alive_timeout', {
    initial: 72,
    about: 'Seconds for which a connection is kept open for a next request',
    min: 1,
    max: day,
  }),
  drainTime: integer('drain_time', {
    initial: 0,
    about:
      'Seconds for which the service goes on taking requests once it was asked to end, while `/healthcheck` answers 503: as long as a load balancer takes to notice; see [several processes](scale.md#several-processes)',
    min: 0,
    max: 3600,
  }),
  metricsToken: {
    key: 'metrics_token',
    initial: undefined,
    about:
      'Whoever sends it as a bearer token may read [`/metrics`](monitor.md); without it whoever asks from the same machine, past no proxy',
    read: (value) =>
      typeof value === 'string' && /^[\x21-\x7e]{16,256}$/.test(value) ? value : undefined,
    wanted: '16 to 256 characters of ASCII without spaces',
    isSecret: true,
  },
  healthcheckStores: flag('healthcheck_stores', {
    initial: true,
    about:
      'Has `/healthcheck` answer 503 also while a store is away, and name it; without it only while the database is, so that a load balancer does not take all processes away for the sake of a store that they share',
  }),
};

function file(key: string, { about }: { readonly about: string }): Setting<string | undefined> {
  const read = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);
  return { key, initial: undefined, about, read, wanted: 'the path of a file in PEM' };
}

/**
 * Where certificate and key are; undefined without TLS.
 *
 * @param tell takes what is missing
 */
export function certificateFilesOf(
  { tlsCertFile: certFile, tlsKeyFile: keyFile }: NetworkConfig,
  tell: (problem: string) => void,
): CertificateFiles | undefined {
  if (certFile !== undefined && keyFile !== undefined) return { certFile, keyFile };
  if (keyFile !== undefined) tell('tls_cert_file: is wanted with tls_key_file.');
  if (certFile !== undefined) tell('tls_key_file: is wanted with tls_cert_file.');
  return undefined;
}

/** @param tell takes what is missing for a proxy that sends data itself */
export function checkAccelRedirect(
  { accelRedirect, trustedProxies, store }: NetworkConfig & Pick<StoreConfig, 'store'>,
  tell: (problem: string) => void,
): void {
  if (accelRedirect === undefined) return;
  if (trustedProxies.length === 0) tell('accel_redirect: wants the proxy in trusted_proxies.');
  if (store !== 'file') tell(`accel_redirect: wants images in files, not store ${store}.`);
}

/** How the service treats the network, as its HTTP part knows it. */
export function networkOf(config: NetworkConfig): Network {
  const burst = config.rateLimitBurst;
  return {
    tls: certificateFilesOf(config, () => undefined),
    trustedProxies: config.trustedProxies,
    rates: {
      address: { rate: config.rateLimitAddress, burst },
      project: { rate: config.rateLimitProject, burst },
    },
    maxUploads: config.maxUploads,
    usesSendfile: config.sendfile,
    accelRedirect: config.accelRedirect,
    maxConnections: config.maxConnections,
    maxRequests: config.maxRequests,
    maxHeaderSize: config.maxHeaderSize,
    maxJsonBodySize: config.maxJsonBodySize,
    times: {
      head: config.clientHeadTimeout * 1000,
      body: config.clientBodyTimeout * 1000,
      silence: config.clientSocketTimeout * 1000,
      keepAlive: config.clientKeepAliveTimeout * 1000,
      interval: 5000,
      drain: config.drainTime * 1000,
    },
  };
}

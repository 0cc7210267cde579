import type { CertificateFiles } from './certificate.ts';
import type { RateLimits } from './rate-limits.ts';

/** How long clients may take over what they send and read, ms. */
export interface ConnectionTimes {
  /** For a head, and before it for a TLS handshake. */
  readonly head: number;
  /** For a JSON body. */
  readonly body: number;
  /** Transfers may take hours; a connection on which nothing moves may not. */
  readonly silence: number;
  /** Between an answer and the next request. */
  readonly keepAlive: number;
  /** In which heads are looked at, and the files of the certificate. */
  readonly interval: number;
  /** For which a service that was asked to end goes on listening. */
  readonly drain: number;
}

/** What the service takes from the network: every input is bounded, in size and in time. Sizes in bytes. */
export interface Network {
  /** Undefined for connections without TLS. */
  readonly tls: CertificateFiles | undefined;
  /** 0 for no limit. */
  readonly maxConnections: number;
  /** Under way at a time, but for transfers; 0 for no limit. */
  readonly maxRequests: number;
  readonly maxHeaderSize: number;
  readonly maxJsonBodySize: number;
  readonly times: ConnectionTimes;
  /** Addresses and networks of the proxies whose `X-Forwarded-` headers count. */
  readonly trustedProxies: readonly string[];
  readonly rates: RateLimits;
  /** Under way at a time in the whole service; 0 for no limit. */
  readonly maxUploads: number;
  /** Whether the system may send files by itself, where it can. */
  readonly usesSendfile: boolean;
  /** Where a trusted proxy finds the folder of images, with a slash at its end; undefined when it does not. */
  readonly accelRedirect: string | undefined;
}

import http from 'node:http';
import https from 'node:https';
import { S3Client } from '@aws-sdk/client-s3';

/** How S3 is reached. */
export interface S3Connection {
  /** `http` or `https`, without a slash at its end; undefined for Amazon's own. */
  readonly endpoint: string | undefined;
  /** Undefined to look where the SDK looks: the environment, then the files below `~/.aws`. */
  readonly region: string | undefined;
  /** Undefined to look where the SDK looks; then also at the machine's own role. */
  readonly credentials:
    | { readonly accessKeyId: string; readonly secretAccessKey: string }
    | undefined;
  /** Whether the bucket stands in the path instead of the host's name. */
  readonly pathStyle: boolean;
  /** Milliseconds for which the server may be silent. */
  readonly timeout: number;
  /** Certificates in PEM to trust instead of the usual authorities. */
  readonly ca: string | undefined;
}

/** Milliseconds until a connection stands. */
const connectionTimeout = 5000;

/** A client that makes one attempt a call: what may be done twice is decided in one place for all stores. */
export function s3Client(connection: S3Connection): S3Client {
  const { endpoint, region, credentials, pathStyle, timeout, ca } = connection;
  // A connection is held by each client of ours that reads or writes, so these are what limits them.
  const sockets = { keepAlive: true, maxSockets: Number.POSITIVE_INFINITY, maxFreeSockets: 16 };
  return new S3Client({
    ...(endpoint !== undefined && { endpoint }),
    ...(region !== undefined && { region }),
    ...(credentials && { credentials }),
    forcePathStyle: pathStyle,
    maxAttempts: 1,
    // Parts carry their MD5, which every server checks; newer checksums not all of them know.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      httpAgent: new http.Agent(sockets),
      httpsAgent: new https.Agent({ ...sockets, ...(ca !== undefined && { ca }) }),
      connectionTimeout: Math.min(connectionTimeout, timeout),
      socketTimeout: timeout,
    },
  });
}

import type { Hashers } from '../hashing.ts';
import { objectNames } from '../object/object-names.ts';
import { objectStore } from '../object/object-store.ts';
import type { Store } from '../store.ts';
import { type S3Connection, s3Client } from './s3-client.ts';
import { s3Server } from './s3-server.ts';

export interface S3Options extends S3Connection {
  readonly id: string;
  readonly bucket: string;
  /** What stands before an image's id in an object's name. */
  readonly prefix: string;
  /** Whether a bucket that is missing at the start is made. */
  readonly createsBucket: boolean;
  /** Bytes; S3 takes no less than 5 MiB. */
  readonly partSize: number;
  readonly hashers: Hashers;
}

/** Keeps each image in one object, `<prefix><image id>`. */
export function s3Store(options: S3Options): Store {
  const { bucket, prefix, endpoint = 'https://s3.amazonaws.com' } = options;
  const folder = `${bucket}/${prefix}`;
  return objectStore({
    ...options,
    server: s3Server({ ...options, client: s3Client(options) }),
    names: objectNames({ kind: 's3', server: endpoint, folder }),
  });
}

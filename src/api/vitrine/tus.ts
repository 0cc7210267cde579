import { DomainError } from '../../domain/errors.ts';

/** The version of the protocol that is spoken. @see https://tus.io/protocols/resumable-upload */
export const tusVersion = '1.0.0';

/** What of the protocol is there beside its core. */
export const tusExtensions = [
  'creation',
  'creation-with-upload',
  'termination',
  'expiration',
  'checksum',
].join(',');

/** By `node:crypto`'s names too; the protocol asks for the first. */
export const checksumAlgorithms = ['sha1', 'md5', 'sha256', 'sha512'] as const;

/** The type of data that goes on with an upload. */
export const dataType = 'application/offset+octet-stream';

const metadataKey = /^[!-+\--~]{1,255}$/;
const base64 = /^[A-Za-z\d+/]*={0,2}$/;

/** A number of bytes, as a header has it. @throws DomainError `InvalidRequest` */
export function bytesFrom(name: string, text: string | undefined): number {
  const bytes = text !== undefined && /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(bytes)) return bytes;
  throw new DomainError('InvalidRequest', `${name}: a number of bytes is wanted.`);
}

/**
 * What the sender says of an upload: pairs of a key and a value in Base64.
 *
 * @throws DomainError `InvalidRequest`
 */
export function metadataFrom(text: string | undefined): ReadonlyMap<string, string> {
  const metadata = new Map<string, string>();
  if (text === undefined || text.trim() === '') return metadata;
  for (const pair of text.split(',')) {
    const [key = '', value = '', ...more] = pair.trim().split(' ');
    const isPair = metadataKey.test(key) && base64.test(value) && more.length === 0;
    if (!isPair || metadata.has(key)) {
      const wanted = 'pairs of a key and a value in Base64 are wanted, such as image_id MTI=.';
      throw new DomainError('InvalidRequest', `Upload-Metadata: ${wanted}`);
    }
    metadata.set(key, Buffer.from(value, 'base64').toString());
  }
  return metadata;
}

/** What data is to have as its checksum. */
export interface WantedChecksum {
  readonly algorithm: (typeof checksumAlgorithms)[number];
  readonly digest: Uint8Array;
}

/** @throws DomainError `InvalidRequest` */
export function checksumFrom(text: string | undefined): WantedChecksum | undefined {
  if (text === undefined) return undefined;
  const [, name, value = ''] = /^(\w{1,20}) +([A-Za-z\d+/]{1,200}={0,2})$/.exec(text) ?? [];
  const algorithm = checksumAlgorithms.find((one) => one === name);
  if (algorithm) return { algorithm, digest: Buffer.from(value, 'base64') };
  const wanted = `one of ${checksumAlgorithms.join(', ')} and a digest in Base64 are wanted.`;
  throw new DomainError('InvalidRequest', `Upload-Checksum: ${wanted}`);
}

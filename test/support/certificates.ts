import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

// X.509 certificates (RFC 5280), as much of them as tests need: Node reads certificates but makes none, and a test
// must not ask for `openssl` on the machine.

/** A key, and a certificate that says whose it is. */
export interface Certified {
  readonly privateKey: KeyObject;
  /** PEM */
  readonly key: string;
  readonly der: Buffer;
  /** PEM */
  readonly certificate: string;
  readonly name: string;
}

export interface CertificateOptions {
  /** Common name of whom the key belongs to. */
  readonly name: string;
  readonly keys?: KeyPair;
  /** Who vouches for it; itself when nobody is named. */
  readonly issuer?: Certified;
  /** Four bytes of an IPv4 address that it is for. */
  readonly address?: readonly [number, number, number, number];
}

/** A public key and its private one. */
export interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

/** Makes a certificate that holds from yesterday until tomorrow. */
export function certify({ name, keys = ecKeys(), issuer, address }: CertificateOptions): Certified {
  const { privateKey } = keys;
  const signer = issuer?.privateKey ?? privateKey;
  const algorithm = algorithmOf(signer);
  const isAuthority = address === undefined;
  const body = sequence(
    tagged(0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    algorithm,
    nameOf(issuer?.name ?? name),
    sequence(timeIn(-1), timeIn(1)),
    nameOf(name),
    keys.publicKey.export({ type: 'spki', format: 'der' }),
    tagged(
      3,
      sequence(basicConstraints(isAuthority), ...(address ? [alternativeName(address)] : [])),
    ),
  );
  const der = sequence(body, algorithm, bits(sign('sha256', body, signer)));
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  return { name, privateKey, key, der, certificate: pem(der) };
}

/** Keys on the curve P-256, the quickest to make. */
export function ecKeys(namedCurve = 'prime256v1'): KeyPair {
  return generateKeyPairSync('ec', { namedCurve });
}

function pem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

/** A value of ASN.1 in DER: its kind, its length, itself. */
function value(kind: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.from([kind, length]), content]);
  return Buffer.concat([Buffer.from([kind, 0x82, length >> 8, length & 0xff]), content]);
}

const sequence = (...parts: readonly Uint8Array[]) => value(0x30, ...parts);
const set = (...parts: readonly Uint8Array[]) => value(0x31, ...parts);
const integer = (bytes: Uint8Array) => value(0x02, bytes);
const octets = (bytes: Uint8Array) => value(0x04, bytes);
const bits = (bytes: Uint8Array) => value(0x03, Buffer.from([0]), bytes);
const tagged = (number: number, bytes: Uint8Array) => value(0xa0 + number, bytes);
const identifier = (hex: string) => value(0x06, Buffer.from(hex, 'hex'));

const commonName = '550403';
const subjectAlternativeName = '551d11';
const basicConstraintsOfName = '551d13';

/** SHA-256 signed with a key of each kind. */
const algorithms: Readonly<Record<string, Buffer>> = {
  ec: sequence(identifier('2a8648ce3d040302')),
  rsa: sequence(identifier('2a864886f70d01010b'), value(0x05)),
  dsa: sequence(identifier('608648016503040302')),
};

function algorithmOf({ asymmetricKeyType: kind }: KeyObject): Buffer {
  const algorithm = algorithms[kind ?? ''];
  if (!algorithm) throw new TypeError(`No certificate is signed with ${kind} here.`);
  return algorithm;
}

function nameOf(text: string): Buffer {
  return sequence(set(sequence(identifier(commonName), value(0x0c, Buffer.from(text)))));
}

/** UTCTime so many days from now. */
function timeIn(days: number): Buffer {
  const time = new Date(Date.now() + days * 86_400_000).toISOString();
  return value(0x17, Buffer.from(`${time.slice(2, 19).replace(/\D/g, '')}Z`));
}

function basicConstraints(isAuthority: boolean): Buffer {
  const content = isAuthority ? sequence(value(0x01, Buffer.from([0xff]))) : sequence();
  const critical = value(0x01, Buffer.from([0xff]));
  return sequence(identifier(basicConstraintsOfName), critical, octets(content));
}

function alternativeName(address: readonly number[]): Buffer {
  const names = sequence(value(0x87, Buffer.from(address)));
  return sequence(identifier(subjectAlternativeName), octets(names));
}

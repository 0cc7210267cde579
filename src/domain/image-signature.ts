import { DomainError } from './errors.ts';

/** How an image says that its data is signed. */
export interface ImageSignature {
  /** UUID. */
  readonly certificateId: string;
  readonly hashMethod: 'sha224' | 'sha256' | 'sha384' | 'sha512';
  readonly keyType: SignatureKeyType;
  readonly signature: Uint8Array;
}

/** Curves are named as SEC 2 names them. */
export type SignatureKeyType =
  | { readonly kind: 'rsa-pss' }
  | { readonly kind: 'dsa' }
  | { readonly kind: 'ec'; readonly curve: string };

const names = {
  signature: 'img_signature',
  hashMethod: 'img_signature_hash_method',
  keyType: 'img_signature_key_type',
  certificate: 'img_signature_certificate_uuid',
} as const;

const hashMethods: ReadonlyMap<string, ImageSignature['hashMethod']> = new Map([
  ['SHA-224', 'sha224'],
  ['SHA-256', 'sha256'],
  ['SHA-384', 'sha384'],
  ['SHA-512', 'sha512'],
]);

const curves = ['SECT571K1', 'SECT409K1', 'SECT571R1', 'SECT409R1', 'SECP521R1', 'SECP384R1'];

const keyTypes: ReadonlyMap<string, SignatureKeyType> = new Map<string, SignatureKeyType>([
  ['RSA-PSS', { kind: 'rsa-pss' }],
  ['DSA', { kind: 'dsa' }],
  ...curves.map((curve) => [`ECC_${curve}`, { kind: 'ec', curve: curve.toLowerCase() }] as const),
]);

/**
 * The signature that an image's data must have; undefined unless all four of its properties are there.
 *
 * @throws DomainError `InvalidRequest` for one that nobody can verify
 * @see Glance, "Image Signature Verification"
 */
export function signatureOf(properties: ReadonlyMap<string, string>): ImageSignature | undefined {
  const signature = properties.get(names.signature);
  const hashMethodName = properties.get(names.hashMethod);
  const keyTypeName = properties.get(names.keyType);
  const certificateId = properties.get(names.certificate)?.toLowerCase();
  if (signature === undefined || hashMethodName === undefined) return undefined;
  if (keyTypeName === undefined || certificateId === undefined) return undefined;
  const hashMethod = hashMethods.get(hashMethodName);
  if (!hashMethod) throw wanted(names.hashMethod, [...hashMethods.keys()].join(', '));
  const keyType = keyTypes.get(keyTypeName);
  if (!keyType) throw wanted(names.keyType, [...keyTypes.keys()].join(', '));
  if (!/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/.test(certificateId)) {
    throw new DomainError('InvalidRequest', `${names.certificate}: must be a UUID.`);
  }
  return { certificateId, hashMethod, keyType, signature: decoded(signature) };
}

function decoded(text: string): Uint8Array {
  const plain = text.replace(/[\r\n]/g, '');
  const isBase64 =
    plain.length > 0 && plain.length % 4 === 0 && /^[A-Za-z\d+/]+={0,2}$/.test(plain);
  if (!isBase64) throw new DomainError('InvalidRequest', `${names.signature}: must be base64.`);
  return Uint8Array.from(atob(plain), (character) => character.charCodeAt(0));
}

function wanted(name: string, words: string): DomainError {
  return new DomainError('InvalidRequest', `${name}: must be one of ${words}.`);
}

import { constants, createVerify, type KeyObject, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DomainError } from '../domain/errors.ts';
import type { Image } from '../domain/image.ts';
import { type SignatureKeyType, signatureOf } from '../domain/image-signature.ts';
import type { DataCheck } from '../store/store.ts';

/** What files of certificates may be called, behind the certificate's id. */
const endings = ['.pem', '.crt', '.der'];

/**
 * Verifies the signature of an image's data while it comes in; undefined for an image that has none.
 *
 * @param folder of the operator's certificates; empty without one
 * @throws DomainError `InvalidRequest` when it cannot be verified; so does the check when it is wrong
 */
export async function signatureCheck(
  { id, properties }: Image,
  folder: string,
): Promise<DataCheck | undefined> {
  const wanted = signatureOf(properties);
  if (!wanted) return undefined;
  const key = await keyOf(wanted.certificateId, folder);
  if (!isOfType(key, wanted.keyType)) {
    throw invalid('img_signature_key_type: the key of the certificate is of another type.');
  }
  const verify = createVerify(wanted.hashMethod);
  // The length of the salt is whatever it is; cursive's signers take the longest.
  const padding = constants.RSA_PKCS1_PSS_PADDING;
  const pss = { padding, saltLength: constants.RSA_PSS_SALTLEN_AUTO };
  return {
    read: (bytes) => void verify.update(bytes),
    end() {
      const isRight = verify.verify(
        { key, ...(wanted.keyType.kind === 'rsa-pss' && pss) },
        wanted.signature,
      );
      if (!isRight) throw invalid(`Signature verification failed for image ${id}.`);
    },
  };
}

async function keyOf(certificateId: string, folder: string): Promise<KeyObject> {
  const missing = `img_signature_certificate_uuid: there is no certificate ${certificateId}.`;
  if (folder === '') throw invalid(missing);
  for (const ending of endings) {
    const data = await readFile(join(folder, `${certificateId}${ending}`)).catch(() => undefined);
    if (data) return keyIn(data);
  }
  throw invalid(missing);
}

function keyIn(data: Buffer): KeyObject {
  try {
    return new X509Certificate(data).publicKey;
  } catch (cause) {
    const message = 'img_signature_certificate_uuid: the certificate cannot be read.';
    throw new DomainError('InvalidRequest', message, { cause });
  }
}

function isOfType(key: KeyObject, type: SignatureKeyType): boolean {
  const { asymmetricKeyType, asymmetricKeyDetails } = key;
  if (type.kind === 'ec') return asymmetricKeyDetails?.namedCurve === type.curve;
  if (type.kind === 'dsa') return asymmetricKeyType === 'dsa';
  return asymmetricKeyType === 'rsa' || asymmetricKeyType === 'rsa-pss';
}

function invalid(message: string): DomainError {
  return new DomainError('InvalidRequest', message);
}

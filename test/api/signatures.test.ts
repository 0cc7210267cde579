import assert from 'node:assert/strict';
import { constants, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { certify, ecKeys, type KeyPair } from '../support/certificates.ts';
import { qcow2 } from '../support/disk-images.ts';
import { createImage, dataType } from '../support/images.ts';
import { sharedService } from '../support/service.ts';
import { emptyFolder } from '../support/service-process.ts';

const folder = await emptyFolder();
const service = await sharedService({ config: { imgSignatureCertificatesDir: folder.path } });
const unset = await sharedService();

interface Signer {
  readonly id: string;
  readonly type: string;
  sign(hash: string, data: Buffer): Buffer;
}

/** A key, and its certificate among those of the operator. */
function signer(type: string, keys: KeyPair, ending = 'pem'): Signer {
  const id = randomUUID();
  const { privateKey, der, certificate } = certify({ name: 'signer', keys });
  writeFileSync(join(folder.path, `${id}.${ending}`), ending === 'der' ? der : certificate);
  const padding = constants.RSA_PKCS1_PSS_PADDING;
  const pss = { padding, saltLength: constants.RSA_PSS_SALTLEN_MAX_SIGN };
  return {
    id,
    type,
    sign: (hash, data) => sign(hash, data, { key: privateKey, ...(type === 'RSA-PSS' && pss) }),
  };
}

const rsa = signer('RSA-PSS', generateKeyPairSync('rsa', { modulusLength: 2048 }));
const signers = [
  rsa,
  signer('DSA', generateKeyPairSync('dsa', { modulusLength: 1024, divisorLength: 160 }), 'crt'),
  signer('ECC_SECP384R1', ecKeys('secp384r1')),
  signer('ECC_SECP521R1', ecKeys('secp521r1'), 'der'),
];

const data = qcow2();

function properties({ id, type }: Signer, hashMethod: string, signature: Buffer) {
  return {
    img_signature: signature.toString('base64'),
    img_signature_hash_method: hashMethod,
    img_signature_key_type: type,
    img_signature_certificate_uuid: id,
  };
}

async function upload(given: Readonly<Record<string, string>>, on = service) {
  const { id } = await createImage(on, { ...given, disk_format: 'qcow2' });
  const path = `/v2/images/${id}`;
  const { status, text } = await on.call('producer', 'PUT', `${path}/file`, data, {
    ...dataType,
    accept: 'application/json',
  });
  const { json: image } = await on.call('producer', 'GET', path);
  return { status, text, image: image.status };
}

for (const one of signers) {
  test(`data signed with ${one.type} is taken, and other data is not`, async () => {
    for (const [method, hash] of [
      ['SHA-224', 'sha224'],
      ['SHA-256', 'sha256'],
      ['SHA-384', 'sha384'],
      ['SHA-512', 'sha512'],
    ] as const) {
      const right = await upload(properties(one, method, one.sign(hash, data)));
      const wrong = await upload(properties(one, method, one.sign(hash, Buffer.from('other'))));

      assert.deepEqual([right.status, right.image], [204, 'active'], right.text);
      assert.deepEqual([wrong.status, wrong.image], [400, 'queued']);
      assert.match(wrong.text, /Signature verification failed/);
    }
  });
}

test('a signature that cannot be verified is refused, and the image is queued', async () => {
  const right = properties(rsa, 'SHA-256', rsa.sign('sha256', data));
  const wrong: readonly Readonly<Record<string, string>>[] = [
    { img_signature: 'no base64!' },
    { img_signature: '' },
    { img_signature_hash_method: 'MD5' },
    { img_signature_hash_method: 'SHA-512' },
    { img_signature_key_type: 'RSA' },
    { img_signature_key_type: 'DSA' },
    { img_signature_key_type: 'ECC_SECP384R1' },
    { img_signature_certificate_uuid: randomUUID() },
    { img_signature_certificate_uuid: '../../etc/passwd' },
  ];
  for (const change of wrong) {
    const told = await upload({ ...right, ...change });

    assert.deepEqual([told.status, told.image], [400, 'queued'], JSON.stringify(change));
  }
  const { status } = await upload(right, unset);
  assert.equal(status, 400, 'without certificates');
});

test('an image with some of the properties is not signed', async () => {
  const told = await upload({ img_signature: 'anything', img_signature_key_type: 'RSA-PSS' });

  assert.deepEqual([told.status, told.image], [204, 'active']);
});

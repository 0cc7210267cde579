import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readCertificate } from './certificate.ts';

const fixtures = fileURLToPath(new URL('../../test/fixtures/tls/', import.meta.url));
const certFile = join(fixtures, 'test-only-first.crt');
const keyFile = join(fixtures, 'test-only-first.key');
const folder = await mkdtemp(join(tmpdir(), 'vitrine-test-'));
after(() => rm(folder, { recursive: true }));

async function fileWith(name: string, text: string | Buffer): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

const key = createPrivateKey(await readFile(keyFile));
const lockedKey = key.export({
  ...{ type: 'pkcs8', format: 'pem' },
  ...{ cipher: 'aes-256-cbc', passphrase: 'secret' },
});
const begun = (await readFile(certFile, 'utf8')).slice(0, 300);
const empty = await fileWith('empty', '');
const half = await fileWith('half', begun);
const locked = await fileWith('locked.key', lockedKey);

describe('the certificate of the service', () => {
  test('is known with the time in which it is valid', () => {
    const { notBefore, notAfter } = readCertificate({ certFile, keyFile });

    assert(notBefore < new Date() && new Date() < notAfter);
  });

  for (const [what, files, message] of [
    ['a certificate that is nowhere', { certFile: '/nowhere' }, /^tls_cert_file: .*no such file/],
    ['a key that is nowhere', { keyFile: '/nowhere' }, /^tls_key_file: .*no such file/],
    ['a folder', { certFile: folder }, /^tls_cert_file: .*it is a folder/],
    ['a key for a certificate', { certFile: keyFile }, /^tls_cert_file: .*is not PEM/],
    ['a certificate for a key', { keyFile: certFile }, /^tls_key_file: .*is not PEM/],
    ['an empty file', { certFile: empty }, /^tls_cert_file: .*is not PEM/],
    ['half a certificate', { certFile: half }, /^tls_cert_file: /],
    [
      'a key with a passphrase',
      { keyFile: locked },
      /^tls_key_file: .*it has a passphrase.*without a passphrase/,
    ],
    [
      'the key of another certificate',
      { keyFile: join(fixtures, 'test-only-second.key') },
      /^tls_key_file: .*test-only-second\.key is not the key of the certificate in .*first\.crt/,
    ],
  ] as const) {
    test(`is not ${what}, which is told with its setting and what to do`, () => {
      assert.throws(
        () => readCertificate({ certFile, keyFile, ...files }),
        (error) => {
          assert(error instanceof Error && error.cause !== undefined);
          assert.match(error.message, message);
          assert.match(error.message, / Set tls_/);
          return true;
        },
      );
    });
  }
});

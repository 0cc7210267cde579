import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect, type SecureVersion } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { emptyFolder } from './service-process.ts';

const fixtures = fileURLToPath(new URL('../fixtures/tls/', import.meta.url));

type Name = 'first' | 'second';

/** The files of a certificate, which can be replaced by those of another. */
export interface CertificateFolder extends AsyncDisposable {
  readonly certFile: string;
  readonly keyFile: string;
  putCertificate(name: Name): Promise<void>;
  putKey(name: Name): Promise<void>;
}

/** A folder of its own with the first certificate. */
export async function certificateFolder(): Promise<CertificateFolder> {
  const folder = await emptyFolder();
  const certFile = join(folder.path, 'service.crt');
  const keyFile = join(folder.path, 'service.key');
  const putCertificate = (name: Name) => copyFile(`${fixtures}test-only-${name}.crt`, certFile);
  const putKey = (name: Name) => copyFile(`${fixtures}test-only-${name}.key`, keyFile);
  await putCertificate('first');
  await putKey('first');
  return {
    certFile,
    keyFile,
    putCertificate,
    putKey,
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

/** The name in the certificate that a new connection gets. @throws the handshake's error */
export async function nameAt(port: number, maxVersion: SecureVersion = 'TLSv1.3'): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = connect({
    port,
    host: '127.0.0.1',
    rejectUnauthorized: false,
    minVersion: 'TLSv1',
    maxVersion,
    // A client that would take anything: what is refused, the service refuses.
    ciphers: 'DEFAULT@SECLEVEL=0',
  });
  socket.once('secureConnect', () => resolve(String(socket.getPeerCertificate().subject.CN)));
  socket.once('error', reject);
  return promise.finally(() => socket.destroy());
}

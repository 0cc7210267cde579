import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';

/** Where the service's certificate (the chain behind it) and its key are, both in PEM. */
export interface CertificateFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/** A certificate and its key, which fit together, as a TLS server takes them. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
  readonly minVersion: 'TLSv1.2';
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** @throws Error for the operator, with the setting that is wrong; what the system said is its cause. */
export function readCertificate({ certFile, keyFile }: CertificateFiles): Certificate {
  const cert = attempt('tls_cert_file', certFile, () => readFileSync(certFile, 'utf8'));
  const key = attempt('tls_key_file', keyFile, () => readFileSync(keyFile, 'utf8'));
  const first = attempt('tls_cert_file', certFile, () => new X509Certificate(cert));
  const secret = attempt('tls_key_file', keyFile, () => createPrivateKey(key));
  if (!first.checkPrivateKey(secret)) {
    const text = `tls_key_file: ${keyFile} is not the key of the certificate in ${certFile}. Set tls_cert_file and tls_key_file to files that belong together.`;
    throw new Error(text, { cause: 'mismatch' });
  }
  const options = { cert, key, minVersion: 'TLSv1.2' } as const;
  // What is too weak, or wrong further down the chain, shows only here.
  attempt('tls_cert_file', certFile, () => createSecureContext(options));
  return { ...options, notBefore: first.validFromDate, notAfter: first.validToDate };
}

function attempt<T>(setting: keyof typeof wanted, path: string, act: () => T): T {
  try {
    return act();
  } catch (cause) {
    const text = `${setting}: ${path} cannot be used (${reasonOf(cause)}). Set ${setting} to a file with ${wanted[setting]}.`;
    throw new Error(text, { cause });
  }
}

const wanted = {
  tls_cert_file: 'a certificate in PEM, and those that lead to its authority behind it',
  tls_key_file: 'its private key in PEM, without a passphrase',
} as const;

/** In no words that could be of the file. */
function reasonOf(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'it is not valid';
  return reasons[code] ?? code;
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EISDIR: 'it is a folder',
  ENOENT: 'no such file',
  ERR_MISSING_PASSPHRASE: 'it has a passphrase',
  ERR_OSSL_CRYPTO_INTERRUPTED_OR_CANCELLED: 'it has a passphrase',
  ERR_OSSL_PEM_NO_START_LINE: 'it is not PEM',
  ERR_OSSL_UNSUPPORTED: 'it is not PEM',
};

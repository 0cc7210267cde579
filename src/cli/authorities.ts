import { readFileSync } from 'node:fs';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { CommandError } from './command-error.ts';

const certificate = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/**
 * Lets every connection of this process believe the authorities in a file of PEM, and those of
 * `NODE_EXTRA_CA_CERTS`, instead of the usual ones.
 *
 * @throws CommandError when the file is not there or holds no certificate.
 */
export function trustAuthorities(path: string): void {
  const certificates = readCertificates(path);
  if (certificates.length === 0) throw unreadable(path, 'it holds no certificate in PEM');
  try {
    setDefaultCACertificates([...getCACertificates('extra'), ...certificates]);
  } catch (cause) {
    throw unreadable(path, 'a certificate in it is not valid', cause);
  }
}

function readCertificates(path: string): readonly string[] {
  try {
    return readFileSync(path, 'utf8').match(certificate) ?? [];
  } catch (cause) {
    throw unreadable(path, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

function unreadable(path: string, reason: string, cause?: unknown): CommandError {
  const text = `${path} cannot be used (${reason}). cacert in clouds.yaml, or OS_CACERT, names a file of authorities to believe.`;
  return new CommandError(text, { cause });
}

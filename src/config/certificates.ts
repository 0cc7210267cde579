import type { ReadText } from './setting.ts';

/** The certificates in PEM of the file at `path`; undefined when it has none. */
export function readCertificates(
  path: unknown,
  tell: (problem: string) => void,
  readText: ReadText | undefined,
): string | undefined {
  if (typeof path !== 'string' || path === '' || !readText) return undefined;
  try {
    const text = readText(path);
    return text.includes('-----BEGIN CERTIFICATE-----') ? text : undefined;
  } catch (error) {
    tell(`${path} cannot be read (${error instanceof Error ? error.message : String(error)})`);
    return undefined;
  }
}

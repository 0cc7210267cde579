import { allInspections } from './data-format.ts';
import { fieldsOf } from './fields.ts';
import { formatReader } from './format-reader.ts';

/** Bytes from the beginning of data that tell its format. */
export const headSize = 2 * 1024 * 1024;

/** Bytes from the end that do. */
export const tailSize = 512;

/**
 * What the two ends of data make of it, as an image would call it: a guess, for whoever does not say. All of the data is
 * still held to it.
 */
export function likelyFormat(head: Uint8Array, tail: Uint8Array): string {
  const reader = formatReader(allInspections());
  reader.read(head);
  reader.end();
  const found = new Set<string>(reader.findings.map(({ format }) => format));
  const named = ['iso', 'qcow2', 'vdi', 'vhd', 'vhdx', 'vmdk'].find((one) => found.has(one));
  if (named !== undefined) return named;
  // A fixed disk of that format begins with anything.
  return fieldsOf(tail, 'big').text(0, 8) === 'conectix' ? 'vhd' : 'raw';
}

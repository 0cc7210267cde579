import { type FormatProblem, problem } from './inspection.ts';

/** Whether a text, or the first part of one, is a descriptor: to QEMU, or by the fields that only those have. */
export function isDescriptor(text: string): boolean {
  const plain = untilNul(text);
  if (plain === '' || !/^[\t\n\r -~]*$/.test(plain)) return false;
  const lines = plain
    .toLowerCase()
    .split('\n')
    .map((line) => line.trim());
  const first = lines.find((line) => line !== '' && !line.startsWith('#')) ?? '';
  const isMarked = lines.some(
    (line) => line.startsWith('# disk descriptorfile') || /^createtype\s*=/.test(line),
  );
  return isMarked || /^version=[123]$/.test(first);
}

/** Lines that a descriptor may have; those of disks of one file have some twenty. */
const maxLines = 1000;

/**
 * What is wrong with the descriptor of a disk that is one file.
 *
 * It is ASCII text of lines, of which QEMU and others look for some wherever they stand, in comments too. So each line must
 * be one that is known, and what leads to other files must not be there at all.
 */
export function descriptorProblem(
  text: string,
  allowedTypes: readonly string[],
): FormatProblem | undefined {
  const plain = untilNul(text).toLowerCase();
  if (!/^[\t\n\r -~]*$/.test(plain)) return wrong('its VMDK descriptor is no text');
  const lines = plain.split('\n', maxLines + 1).map((line) => line.trim());
  if (lines.length > maxLines || !lines.every(isKnown))
    return wrong('its VMDK descriptor has lines that are not known here');

  const allowed = allowedTypes.map((one) => one.toLowerCase());
  if (!allowed.includes(fieldOf('createtype', lines) ?? '')) {
    return problem('type', `its VMDK type is not one of ${allowedTypes.join(', ')}`);
  }
  const isChild =
    plain.includes('parentfilenamehint') || fieldOf('parentcid', lines) !== 'ffffffff';
  if (isChild) return problem('parent', 'it has a parent disk');

  const extents = lines.filter((line) => extentLine.test(line));
  const [extent = ''] = extents;
  const [, kind, name = ''] = /^\w+\s+\d+\s+(\w+)\s+"([^"]*)"$/.exec(extent) ?? [];
  if (extents.length !== 1 || kind !== 'sparse' || !/^[^/\\:]+$/.test(name)) {
    return wrong('its VMDK descriptor names data in other files');
  }
  return undefined;
}

const extentLine = /^(rw|rdonly|noaccess)\s/;

function isKnown(line: string): boolean {
  const isField = /^[^\s=]+\s*=/.test(line);
  return line === '' || line.startsWith('#') || isField || extentLine.test(line);
}

/** The value of a field; undefined unless its name stands in one line alone, comments included. */
function fieldOf(name: string, lines: readonly string[]): string | undefined {
  const [line, other] = lines.filter((one) => one.includes(name));
  const [field = '', value = '', ...rest] = line?.split('=').map((part) => part.trim()) ?? [];
  const isOne = other === undefined && rest.length === 0 && field === name;
  return isOne ? value.replaceAll('"', '') : undefined;
}

function untilNul(text: string): string {
  const end = text.indexOf('\0');
  return end === -1 ? text : text.slice(0, end);
}

function wrong(reason: string): FormatProblem {
  return problem('descriptor', reason);
}

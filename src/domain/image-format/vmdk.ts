import { type Fields, fieldsOf } from './fields.ts';
import {
  type Finding,
  type FormatProblem,
  fixedSize,
  type Inspection,
  maxLast,
  maxRange,
  problem,
  problemsOf,
} from './inspection.ts';
import { descriptorProblem, isDescriptor } from './vmdk-descriptor.ts';

const sectorSize = 512;

/** Bytes in which a descriptor that is a file of its own must show itself. */
const textSize = 4096;

/** Kinds of markers behind the data of a stream. */
const markers = { endOfStream: 0, footer: 3 } as const;

/**
 * VMware's disks, of the kinds that are one file.
 *
 * @param allowedTypes create types, such as `monolithicSparse`
 * @see VMware, Virtual Disk Format 5.0; QEMU, block/vmdk.c
 */
export function* inspectVmdk(allowedTypes: readonly string[]): Inspection {
  const head = yield { offset: 0, length: sectorSize };
  const header = fieldsOf(head, 'little');
  const magic = header.text(0, 4);
  if (magic === 'COWD') return unsafe(problem('type', 'only VMDKs of one sparse file are kept'));
  if (magic !== 'KDMV') return yield* inspectText(head);

  const wrong = headerProblem(header);
  if (wrong) return unsafe(wrong);
  const length = Math.min(header.u64(36) * sectorSize, maxRange);
  const descriptor = yield { offset: sectorSize, length };
  const last = hasFooter(header) ? yield { last: maxLast } : undefined;
  return {
    format: 'vmdk',
    virtualSize: fixedSize(header.u64(12) * sectorSize),
    problems: problemsOf(
      descriptor.length < length && problem('descriptor', 'its VMDK descriptor is cut off'),
      descriptorProblem(textOf(descriptor), allowedTypes),
      last && footerProblem(header, last),
    ),
  };
}

/** A descriptor alone names other files for the data, whatever its kind. */
function* inspectText(head: Uint8Array): Inspection {
  const rest = yield { offset: sectorSize, length: textSize - sectorSize };
  if (!isDescriptor(textOf(head) + textOf(rest))) return undefined;
  return unsafe(problem('descriptor', 'a VMDK descriptor alone has its data in other files'));
}

function headerProblem(header: Fields): FormatProblem | undefined {
  const [version, capacity] = [header.u32(4), header.u64(12)];
  if (header.length < sectorSize) return problem('header', 'its VMDK header is cut off');
  if (version < 1 || version > 3) return problem('version', `its VMDK version is ${version}`);
  // QEMU then takes the descriptor for the whole, and opens the files that it names.
  if (capacity === 0) return problem('descriptor', 'its VMDK header has no size');
  const [at, sectors] = [header.u64(28), header.u64(36)];
  if (at === 1 && sectors > 0 && sectors * sectorSize <= maxRange) return undefined;
  return problem('descriptor', 'its VMDK descriptor is not where it may be');
}

/** Whether the place of the tables is told behind the data, by a header that counts before the first. */
function hasFooter(header: Fields): boolean {
  return header.u32(56) === 0xffff_ffff && header.u32(60) === 0xffff_ffff;
}

/** A footer may place the tables, and must say of the rest what the header says. */
function footerProblem(header: Fields, last: Uint8Array): FormatProblem | undefined {
  const [marker, footer, end] = [0, 1, 2].map((n) =>
    fieldsOf(last.subarray(n * sectorSize, (n + 1) * sectorSize), 'little'),
  );
  const isAlike =
    footer &&
    Array.from({ length: 48 }, (_, at) => at).every((at) => footer.u8(at) === header.u8(at));
  if (!marker || !footer || !end || last.length < maxLast || !isAlike || hasFooter(footer)) {
    return problem('footer', 'its VMDK footer is not like its header');
  }
  const isMarked = isMarker(marker, markers.footer) && isMarker(end, markers.endOfStream);
  const isEnd = end.isZero(0, 8);
  return isMarked && isEnd ? undefined : problem('footer', 'its VMDK footer is damaged');
}

/** Whether the sector is a marker without data of its own. */
function isMarker(sector: Fields, type: number): boolean {
  return sector.u32(8) === 0 && sector.u32(12) === type && sector.isZero(16, sectorSize - 16);
}

function textOf(bytes: Uint8Array): string {
  // One byte a character: what is not ASCII stays to be seen.
  return new TextDecoder('latin1').decode(bytes);
}

function unsafe(found: FormatProblem): Finding {
  return { format: 'vmdk', virtualSize: () => null, problems: [found] };
}

import { type Fields, fieldsOf } from './fields.ts';
import {
  type Finding,
  type FormatProblem,
  fixedSize,
  type Inspection,
  problem,
} from './inspection.ts';

const kib = 1024;

const tableSize = 64 * kib;

/** Entries of the table of regions, and of the table of metadata, at most. */
const maxEntries = 2047;

/** GUIDs as they lie in the file: the first three numbers are little-endian. */
const guids = {
  metadata: '\x06\xa2\x7c\x8b\x90\x47\x9a\x4b\xb8\xfe\x57\x5f\x05\x0f\x88\x6e',
  fileParameters: '\x37\x67\xa1\xca\x36\xfa\x43\x4d\xb3\xb6\x33\xf0\xaa\x44\xe7\x6b',
  diskSize: '\x24\x42\xa5\x2f\x1b\xcd\x76\x48\xb2\x11\x5d\xbe\xd8\x3b\xf4\xb8',
  parentLocator: '\x2d\x5f\xd3\xa8\x0b\xb3\x4d\x45\xab\xf7\xd3\xd8\x48\x34\xab\x0c',
} as const;

const hasParent = 0b10;

/** Hyper-V's disks. @see [MS-VHDX] Virtual Hard Disk v2 (VHDX) File Format */
export function* inspectVhdx(): Inspection {
  const head = fieldsOf(yield { offset: 0, length: 8 }, 'little');
  if (head.text(0, 8) !== 'vhdxfile') return undefined;

  const table = fieldsOf(yield { offset: 192 * kib, length: tableSize }, 'little');
  const region = entryOf(table, guids.metadata, {
    signature: 'regi',
    count: table.u32(8),
    first: 16,
  });
  if (typeof region !== 'number') return unsafe(region);
  const at = table.u64(region + 16);
  if (!Number.isSafeInteger(at + tableSize) || at < 1024 * kib) {
    return unsafe(problem('header', 'its metadata is not where it may be'));
  }

  const metadata = fieldsOf(yield { offset: at, length: tableSize }, 'little');
  const items = itemsOf(metadata);
  if ('check' in items) return unsafe(items);
  const values = new Map<string, Fields>();
  for (const item of items) {
    values.set(item.guid, fieldsOf(yield { offset: at + item.offset, length: 8 }, 'little'));
  }
  const parameters = values.get(guids.fileParameters);
  const isChild = ((parameters?.u32(4) ?? 0) & hasParent) !== 0;
  return {
    format: 'vhdx',
    virtualSize: fixedSize(values.get(guids.diskSize)?.u64(0) ?? 0),
    problems: isChild ? [problem('parent', 'it has a parent disk')] : [],
  };
}

interface Table {
  readonly signature: string;
  readonly count: number;
  /** Where the first entry is, in bytes. */
  readonly first: number;
}

/** Where the one entry of that GUID is. */
function entryOf(table: Fields, guid: string, described: Table): number | FormatProblem {
  const { signature, count, first } = described;
  const isTable = table.text(0, signature.length) === signature && count <= maxEntries;
  if (!isTable || table.length < first + count * 32) {
    return problem('header', 'its tables are damaged or cut off');
  }
  const found: number[] = [];
  for (let n = 0; n < count; n += 1) {
    if (table.text(first + n * 32, 16) === guid) found.push(first + n * 32);
  }
  // Of two entries, some programs would take the first and some the last.
  const [entry] = found;
  if (entry !== undefined && found.length === 1) return entry;
  return problem('header', 'it has not one entry of each kind');
}

interface Item {
  readonly guid: string;
  /** From the beginning of the metadata, in bytes. */
  readonly offset: number;
}

/** The items to look at, in the order in which they lie. */
function itemsOf(metadata: Fields): readonly Item[] | FormatProblem {
  const table = { signature: 'metadata', count: metadata.u16(10), first: 32 };
  const parent = entryOf(metadata, guids.parentLocator, table);
  if (typeof parent === 'number') return problem('parent', 'it has a parent disk');
  const items: Item[] = [];
  for (const guid of [guids.fileParameters, guids.diskSize]) {
    const entry = entryOf(metadata, guid, table);
    if (typeof entry !== 'number') return entry;
    items.push({ guid, offset: metadata.u32(entry + 16) });
  }
  items.sort((one, other) => one.offset - other.offset);
  const [first, second] = items;
  // Behind the table, as the format wants them, and not one within the other.
  const isApart = first && second && first.offset >= tableSize && second.offset >= first.offset + 8;
  return isApart ? items : problem('header', 'its metadata overlaps');
}

function unsafe(found: FormatProblem): Finding {
  return { format: 'vhdx', virtualSize: () => null, problems: [found] };
}

import { crc32, createInflateRaw } from 'node:zlib';
import { engineOptions, throughEngine } from './engine.ts';
import { damaged, type Pieces } from './pieces.ts';

const signatures = {
  file: 0x0403_4b50,
  descriptor: 0x0807_4b50,
  directory: 0x0201_4b50,
  zip64End: 0x0606_4b50,
  zip64Locator: 0x0706_4b50,
  end: 0x0605_4b50,
} as const;

const flags = { encrypted: 0b1, sizeBehind: 0b1000 } as const;

const methods = { stored: 0, deflated: 8 } as const;

/** A size that says that it stands elsewhere, since it has no room here. */
const elsewhere = 0xffff_ffff;

/** What the head of a file in an archive says. */
interface FileHead {
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  /** Of the packed data; undefined when only its end tells. */
  readonly size: number | undefined;
  readonly isLarge: boolean;
}

/**
 * The one file of an archive. It is unpacked while it comes, before the directory at the end of the archive; which
 * must then name this file, as it was, and no other.
 *
 * @see PKWARE, APPNOTE.TXT, 4.3
 * @throws DomainError `UnsupportedMediaType`
 */
export async function* unzipped(pieces: Pieces): AsyncGenerator<Uint8Array> {
  const head = await readHead(pieces);
  const begin = pieces.taken;
  let [crc, size] = [0, 0];
  for await (const bytes of contentOf(head, pieces)) {
    crc = crc32(bytes, crc);
    size += bytes.length;
    yield bytes;
  }
  const packedSize = pieces.taken - begin;
  const isBehind = (head.flags & flags.sizeBehind) !== 0;
  const told = isBehind ? await readDescriptor(pieces, head.isLarge) : head.crc;
  const isAsTold = head.size === undefined || head.size === packedSize;
  if (told !== crc || !isAsTold) throw damaged('it is damaged');
  await readDirectory(pieces, { crc, size, packedSize });
}

async function readHead(pieces: Pieces): Promise<FileHead> {
  const head = viewOf(await pieces.take(30));
  if (head.getUint32(0, true) !== signatures.file) throw damaged('it is no archive of one file');
  await pieces.take(head.getUint16(26, true));
  const extra = viewOf(await pieces.take(head.getUint16(28, true)));
  const [bits, method] = [head.getUint16(6, true), head.getUint16(8, true)];
  if ((bits & flags.encrypted) !== 0) throw damaged('it is encrypted');
  const large = largeSizeIn(extra);
  const short = head.getUint32(18, true);
  const isBehind = (bits & flags.sizeBehind) !== 0;
  return {
    flags: bits,
    method,
    crc: head.getUint32(14, true),
    size: isBehind ? undefined : short === elsewhere ? large : short,
    isLarge: large !== undefined,
  };
}

/** The size of the packed data among the extra fields; undefined when it does not stand there. */
function largeSizeIn(extra: DataView): number | undefined {
  for (let at = 0; at + 4 <= extra.byteLength; ) {
    const [id, length] = [extra.getUint16(at, true), extra.getUint16(at + 2, true)];
    const isThere = id === 1 && length >= 16 && at + 20 <= extra.byteLength;
    if (isThere) return Number(extra.getBigUint64(at + 12, true));
    at += 4 + length;
  }
  return undefined;
}

async function* contentOf({ method, size }: FileHead, pieces: Pieces): AsyncGenerator<Uint8Array> {
  if (method === methods.deflated) {
    yield* throughEngine(createInflateRaw(engineOptions), pieces);
  } else if (method === methods.stored && size !== undefined) {
    yield* stored(size, pieces);
  } else {
    throw damaged(`its file is packed by method ${method}, which is not known here`);
  }
}

async function* stored(size: number, pieces: Pieces): AsyncGenerator<Uint8Array> {
  for (let left = size; left > 0; ) {
    const piece = await pieces.next();
    if (!piece) throw damaged('it is cut off');
    if (piece.length > left) pieces.putBack(piece.subarray(left));
    const part = piece.subarray(0, left);
    left -= part.length;
    yield part;
  }
}

/** The checksum behind a file whose size was not known before it. */
async function readDescriptor(pieces: Pieces, isLarge: boolean): Promise<number> {
  const first = viewOf(await pieces.take(4)).getUint32(0, true);
  const crc =
    first === signatures.descriptor ? viewOf(await pieces.take(4)).getUint32(0, true) : first;
  await pieces.take(isLarge ? 16 : 8);
  return crc;
}

interface Unzipped {
  readonly crc: number;
  readonly size: number;
  readonly packedSize: number;
}

async function readDirectory(pieces: Pieces, { crc, size, packedSize }: Unzipped): Promise<void> {
  const [entry, ...others] = await readEntries(pieces);
  if (!entry || others.length > 0) throw damaged('its archive has not one file but several');
  const isSame = (told: number, is: number) => told === is || told === elsewhere;
  const isAsTold =
    entry.getUint32(16, true) === crc &&
    isSame(entry.getUint32(20, true), packedSize) &&
    isSame(entry.getUint32(24, true), size) &&
    isSame(entry.getUint32(42, true), 0);
  if (!isAsTold) throw damaged('its directory names another file');
}

/** What the directory has of each file; of more than two it is enough to know of two. */
async function readEntries(pieces: Pieces): Promise<readonly DataView[]> {
  const entries: DataView[] = [];
  while (entries.length < 2) {
    const signature = viewOf(await pieces.take(4)).getUint32(0, true);
    if (isEnd(signature)) {
      await skipRest(pieces);
      return entries;
    }
    if (signature === signatures.file) throw damaged('its archive has not one file but several');
    if (signature !== signatures.directory) throw damaged('it is damaged');
    const rest = await pieces.take(42);
    const entry = viewOf(Buffer.concat([new Uint8Array(4), rest]));
    const lengths = [28, 30, 32].map((at) => entry.getUint16(at, true));
    await pieces.take(lengths.reduce((sum, length) => sum + length, 0));
    entries.push(entry);
  }
  return entries;
}

function isEnd(signature: number): boolean {
  const { zip64End, zip64Locator, end } = signatures;
  return signature === zip64End || signature === zip64Locator || signature === end;
}

/** Where an archive ends, and how much may stand there with its comment. */
const maxEnd = 70_000;

async function skipRest(pieces: Pieces): Promise<void> {
  const rest = await pieces.upTo(maxEnd + 1);
  if (rest.length > maxEnd) throw damaged('there is more behind it');
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

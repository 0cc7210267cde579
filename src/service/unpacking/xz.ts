import { createHash, type Hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { damaged, type Pieces } from './pieces.ts';
import { type XzOrder, type XzThread, xzThread } from './xz-thread.ts';

/** What is taken of the window that a file asks for: as much as its packer takes at most, unless told otherwise. */
const maxWindow = 64 * 1024 * 1024;

const magic = '\xfd7zXZ\0';
const footerMagic = 'YZ';

/** Bytes of the sums behind blocks, by the numbers that the format gives them. */
const sumSizes: Readonly<Record<number, number>> = { 0: 0, 1: 4, 4: 8, 10: 32 };

const lzma2 = 0x21;

/**
 * The data of a .xz file, all of whose sums are verified.
 *
 * @see The .xz file format 1.2
 * @throws DomainError `UnsupportedMediaType`
 */
export async function* unxzed(pieces: Pieces): AsyncGenerator<Uint8Array> {
  await using thread = xzThread();
  for (let head = await pieces.take(12); ; ) {
    yield* stream(thread, pieces, head);
    const next = await behindPadding(pieces);
    if (next.length === 0) return;
    head = Buffer.concat([next, await pieces.take(8)]);
  }
}

/** The first bytes of what follows a stream, none at the end. */
async function behindPadding(pieces: Pieces): Promise<Uint8Array> {
  for (;;) {
    const next = await pieces.upTo(4);
    if (next.length === 0 || next.some((byte) => byte !== 0)) return next;
    if (next.length < 4) throw damaged('there is more behind it');
  }
}

/** What the index must say again: sizes of blocks, as the format counts them. */
interface Blocks {
  count: number;
  readonly hash: Hash;
}

async function* stream(
  thread: XzThread,
  pieces: Pieces,
  head: Uint8Array,
): AsyncGenerator<Uint8Array> {
  const flags = head.subarray(6, 8);
  const check = flags[1] ?? 0;
  const isRight = text(head.subarray(0, 6)) === magic && flags[0] === 0;
  if (!isRight || numberOf(head.subarray(8)) !== crc32(flags)) throw damaged('it is damaged');
  if (sumSizes[check] === undefined) throw damaged('it has checksums that are not known here');
  const blocks: Blocks = { count: 0, hash: createHash('sha256') };
  for (let first = await byteOf(pieces); first !== 0; first = await byteOf(pieces)) {
    yield* block(thread, pieces, { first, check, blocks });
  }
  await readEnd(pieces, { flags, blocks });
}

interface Block {
  /** Its first byte. */
  readonly first: number;
  readonly check: number;
  readonly blocks: Blocks;
}

async function* block(
  thread: XzThread,
  pieces: Pieces,
  { first, check, blocks }: Block,
): AsyncGenerator<Uint8Array> {
  const begin = pieces.taken - 1;
  const told = await readBlockHead(pieces, first);
  await thread.ask({ kind: 'begin', windowSize: told.windowSize, check });
  const dataBegin = pieces.taken;
  let size = 0;
  for await (const bytes of chunks(thread, pieces)) {
    size += bytes.length;
    yield bytes;
  }
  const packedSize = pieces.taken - dataBegin;
  const isAsTold = (one: number | undefined, is: number) => one === undefined || one === is;
  if (!isAsTold(told.packedSize, packedSize) || !isAsTold(told.size, size)) {
    throw damaged('it is damaged');
  }
  await skipPadding(pieces, packedSize);
  const sum = await pieces.take(sumSizes[check] ?? 0);
  if (!Buffer.from(sum).equals(await thread.ask({ kind: 'end' }))) throw damaged('it is damaged');
  blocks.count += 1;
  blocks.hash.update(`${pieces.taken - begin - (-packedSize & 3)} ${size};`);
}

async function* chunks(thread: XzThread, pieces: Pieces): AsyncGenerator<Uint8Array> {
  for (let control = await byteOf(pieces); control !== 0; control = await byteOf(pieces)) {
    if (control < 0x80) yield await thread.ask(await plainChunk(pieces, control));
    else yield await thread.ask(await packedChunk(pieces, control));
  }
}

async function plainChunk(pieces: Pieces, control: number): Promise<XzOrder> {
  if (control > 2) throw damaged('it is damaged');
  const size = shortOf(await pieces.take(2)) + 1;
  return { kind: 'chunk', control, properties: 0, packed: await pieces.take(size), size };
}

async function packedChunk(pieces: Pieces, control: number): Promise<XzOrder> {
  const sizes = await pieces.take(4);
  const size = ((control & 0x1f) << 16) + shortOf(sizes) + 1;
  const properties = control >= 0xc0 ? await byteOf(pieces) : 0;
  const packed = await pieces.take(shortOf(sizes.subarray(2)) + 1);
  return { kind: 'chunk', control, properties, packed, size };
}

interface BlockHead {
  readonly windowSize: number;
  readonly packedSize: number | undefined;
  readonly size: number | undefined;
}

async function readBlockHead(pieces: Pieces, first: number): Promise<BlockHead> {
  const rest = await pieces.take(first * 4 + 3);
  const head = Buffer.concat([Buffer.of(first), rest]);
  const end = head.length - 4;
  if (numberOf(head.subarray(end)) !== crc32(head.subarray(0, end))) throw damaged('it is damaged');
  const flags = head[1] ?? 0;
  const reader = numbersOf(head.subarray(2, end));
  const packedSize = (flags & 0x40) === 0 ? undefined : reader.next();
  const size = (flags & 0x80) === 0 ? undefined : reader.next();
  const isPlain = (flags & 0x3f) === 0 && reader.next() === lzma2 && reader.next() === 1;
  if (!isPlain) throw damaged('it was packed with filters that are not known here');
  const windowSize = windowOf(reader.next());
  if (windowSize > maxWindow) throw damaged('it needs more than 64 MiB of memory');
  return { windowSize, packedSize, size };
}

function windowOf(bits: number): number {
  if (bits > 40) throw damaged('it is damaged');
  return (2 | (bits & 1)) * 2 ** ((bits >> 1) + 11);
}

interface End {
  readonly flags: Uint8Array;
  readonly blocks: Blocks;
}

/** Reads the index and what closes a stream. */
async function readEnd(pieces: Pieces, { flags, blocks }: End): Promise<void> {
  const begin = pieces.taken - 1;
  let crc = crc32(Buffer.of(0));
  const next = async () => {
    const byte = await byteOf(pieces);
    crc = crc32(Buffer.of(byte), crc);
    return byte;
  };
  const count = await numberFrom(next);
  if (count !== blocks.count) throw damaged('it is damaged');
  const hash = createHash('sha256');
  for (let n = 0; n < count; n += 1) {
    const size = await numberFrom(next);
    hash.update(`${size} ${await numberFrom(next)};`);
  }
  while ((pieces.taken - begin) % 4 !== 0) await next();
  const told = numberOf(await pieces.take(4));
  const isSame = hash.digest().equals(blocks.hash.digest());
  if (told !== crc || !isSame) throw damaged('it is damaged');
  const indexSize = pieces.taken - begin;
  const footer = await pieces.take(12);
  const isRight =
    numberOf(footer) === crc32(footer.subarray(4, 10)) &&
    (numberOf(footer.subarray(4)) + 1) * 4 === indexSize &&
    Buffer.from(flags).equals(footer.subarray(8, 10)) &&
    text(footer.subarray(10)) === footerMagic;
  if (!isRight) throw damaged('it is damaged');
}

async function skipPadding(pieces: Pieces, size: number): Promise<void> {
  const padding = await pieces.take(-size & 3);
  if (padding.some((byte) => byte !== 0)) throw damaged('it is damaged');
}

async function byteOf(pieces: Pieces): Promise<number> {
  return (await pieces.take(1))[0] ?? 0;
}

/** A number of seven bits a byte, the lowest first. */
async function numberFrom(next: () => Promise<number>): Promise<number> {
  let value = 0;
  for (let n = 0; n < 8; n += 1) {
    const byte = await next();
    value += (byte & 0x7f) * 2 ** (7 * n);
    if (byte < 0x80) return value;
  }
  throw damaged('it is damaged');
}

function numbersOf(bytes: Uint8Array) {
  let at = 0;
  return {
    next(): number {
      let value = 0;
      for (let n = 0; n < 8; n += 1) {
        const byte = bytes[at] ?? 0xff;
        at += 1;
        value += (byte & 0x7f) * 2 ** (7 * n);
        if (byte < 0x80) return value;
      }
      throw damaged('it is damaged');
    },
  };
}

function numberOf(bytes: Uint8Array): number {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).readUInt32LE(0);
}

function shortOf(bytes: Uint8Array): number {
  return ((bytes[0] ?? 0) << 8) + (bytes[1] ?? 0);
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}

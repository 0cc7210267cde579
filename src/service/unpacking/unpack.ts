import { Readable } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { type Compression, compressionOf, isBomb, magicSize } from '../../domain/compression.ts';
import { DomainError } from '../../domain/errors.ts';
import { type Engine, engineOptions, throughEngine } from './engine.ts';
import { type Pieces, piecesOf } from './pieces.ts';
import { unzipped } from './zip.ts';

/** What unpacking may come to. */
export interface UnpackingLimits {
  /** How many times as large as what it was packed to data may be. */
  readonly maxRatio: number;
}

/** Data as it is to be kept. */
export interface Unpacked {
  /** Ends with `UnsupportedMediaType` when what was packed is damaged, or comes to more than it may. */
  readonly data: Readable;
  /** How it was packed; undefined when it was not, and is as it came. */
  readonly compression: Compression | undefined;
}

/** Unpacks data while it passes, if it is packed; memory does not grow with it. Destroying it destroys the source. */
export async function unpack(source: Readable, { maxRatio }: UnpackingLimits): Promise<Unpacked> {
  const pieces = piecesOf(source);
  const head = await pieces.upTo(magicSize);
  pieces.putBack(head);
  const compression = compressionOf(head);
  const passing = compression
    ? guarded(unpackings[compression](pieces), { pieces, maxRatio })
    : rest(pieces);
  const data = Readable.from(passing, { objectMode: false, highWaterMark: 1024 * 1024 });
  data.on('close', () => source.destroy());
  return { data, compression };
}

const unpackings: Readonly<Record<Compression, (pieces: Pieces) => AsyncGenerator<Uint8Array>>> = {
  gzip: (pieces) => throughEngine(createGunzip(engineOptions), pieces),
  zstd: (pieces) => frames(pieces, () => createZstdDecompress(engineOptions)),
  zip: unzipped,
  async *xz(pieces) {
    // Few imports need it.
    const { unxzed } = await import('./xz.ts');
    yield* unxzed(pieces);
  },
};

/** An engine of Zstandard ends with a frame, of which there may be many. */
async function* frames(pieces: Pieces, engine: () => Engine): AsyncGenerator<Uint8Array> {
  do {
    yield* throughEngine(engine(), pieces);
  } while (!(await pieces.isAtEnd()));
}

async function* rest(pieces: Pieces): AsyncGenerator<Uint8Array> {
  for (let piece = await pieces.next(); piece; piece = await pieces.next()) yield piece;
}

/** Ends data of which there is suspiciously much. */
async function* guarded(
  data: AsyncGenerator<Uint8Array>,
  { pieces, maxRatio }: { readonly pieces: Pieces; readonly maxRatio: number },
): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const bytes of data) {
    size += bytes.length;
    if (isBomb({ packed: pieces.taken, unpacked: size }, maxRatio)) {
      const text = `The data is more than ${maxRatio} times as large as it was packed.`;
      throw new DomainError('UnsupportedMediaType', text);
    }
    yield bytes;
  }
}

import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type ConversionFormat, mostConverted } from '../../domain/conversion.ts';
import { DomainError } from '../../domain/errors.ts';
import { runConfined } from './confined-run.ts';
import { findConfinement } from './confinement.ts';

export interface ConverterOptions {
  /** Path of `qemu-img`. */
  readonly program: string;
  /** Of this process alone; whatever lies there goes. */
  readonly folder: string;
  /** What VMDKs it makes. */
  readonly vmdkType: string;
  /** Bytes of the disk inside, at most. */
  readonly maxVirtualSize: number;
  /** Seconds for one conversion, and seconds of the processor. */
  readonly timeLimit: number;
  /** Bytes that are left free on the disk. */
  readonly minFreeBytes: number;
}

/** What is to be converted. */
export interface Conversion {
  readonly data: Readable;
  /** Bytes. */
  readonly size: number;
  /** As `qemu-img` calls the format of the data, which was looked at. */
  readonly from: string;
  readonly to: ConversionFormat;
  /** Bytes of the disk inside. */
  readonly virtualSize: number;
  readonly signal: AbortSignal;
  /** Told the per cent that are done. */
  readonly onProgress: (percent: number) => void;
}

/** What came of it; its file goes when it is disposed of. */
export interface Converted extends AsyncDisposable {
  /** Bytes. */
  readonly size: number;
  read(): Readable;
}

/** Makes disks of one format of those of another, by a process in confines. */
export interface Converter {
  /**
   * Reads `data` to its end. Nothing is left behind unless it succeeds.
   *
   * @param id of the work, a UUID
   * @throws DomainError `UnsupportedMediaType` `QuotaExceeded` `StoreUnavailable`; the data's own error; the signal's reason
   */
  convert(id: string, conversion: Conversion): Promise<Converted>;
}

const gib = 1024 ** 3;

/** ms between two looks at how much of the disk is free. */
const watchTime = 500;

/** @throws Error when `qemu-img` is missing, or what confines it, or the folder cannot be made */
export async function openConverter(options: ConverterOptions): Promise<Converter> {
  const { program, folder } = options;
  const { confine } = await findConfinement(program);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });

  async function convertIn(place: string, conversion: Conversion): Promise<number> {
    const { data, size, from, to, virtualSize } = conversion;
    await checkRoom(options, size);
    // What others write meanwhile to the same disk, a look before the first byte does not know of.
    using watch = diskWatch(options);
    const signal = AbortSignal.any([conversion.signal, watch.signal]);
    const source = createWriteStream(join(place, 'source'), { mode: 0o600 });
    await pipeline(data, source, { signal }).catch((cause: unknown) => {
      throw signal.aborted ? signal.reason : cause;
    });
    const confines = { cpuTime: options.timeLimit, fileSize: mostConverted(virtualSize) };
    const made = to === 'vmdk' ? ['-o', `subformat=${options.vmdkType}`] : [];
    const ends = ['-f', from, '-O', to, ...made, 'source', 'result'];
    const { code, complaint, isLate } = await runConfined({
      command: confine(confines, [program, 'convert', '-p', '-m', '2', ...ends]),
      folder: place,
      signal,
      timeout: options.timeLimit * 1000,
      onOutput: (text) => tellProgress(text, conversion),
    });
    if (isLate) throw refusal(to, `it takes more than ${options.timeLimit} seconds`);
    if (code === null) throw refusal(to, 'it took more of the processor or the memory than it may');
    if (/No space left|Disk quota/.test(complaint)) throw full();
    if (code !== 0) throw refusal(to, wordsOf(complaint));
    return (await stat(join(place, 'result'))).size;
  }

  return {
    async convert(id, conversion) {
      if (conversion.virtualSize > options.maxVirtualSize) {
        const most = options.maxVirtualSize / gib;
        throw refusal(conversion.to, `the disk inside is larger than ${most} GiB`);
      }
      const place = join(folder, id);
      const remove = () => rm(place, { recursive: true, force: true });
      await mkdir(place, { mode: 0o700 });
      try {
        const size = await convertIn(place, conversion);
        await rm(join(place, 'source'));
        const read = () => createReadStream(join(place, 'result'), { highWaterMark: 1024 * 1024 });
        return { size, read, [Symbol.asyncDispose]: remove };
      } catch (cause) {
        await remove();
        throw isFull(cause) ? full(cause) : cause;
      }
    },
  };
}

/** Ends what fills the disk. */
function diskWatch(options: ConverterOptions): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController();
  const timer = setInterval(() => {
    void checkRoom(options, 0).catch((cause: unknown) => controller.abort(cause));
  }, watchTime);
  return { signal: controller.signal, [Symbol.dispose]: () => clearInterval(timer) };
}

/** @throws DomainError `QuotaExceeded` */
async function checkRoom({ folder, minFreeBytes }: ConverterOptions, size: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize - size < minFreeBytes) throw full();
}

/** `qemu-img` writes `(12.50/100%)`, over and over. */
function tellProgress(text: string, { onProgress }: Conversion): void {
  const last = text.slice(text.lastIndexOf('('));
  const percent = /^\((\d{1,3})\.\d\d\/100%/.exec(last)?.[1];
  if (percent !== undefined) onProgress(Number(percent));
}

function isFull(cause: unknown): boolean {
  if (!(cause instanceof Error) || !('code' in cause)) return false;
  return cause.code === 'ENOSPC' || cause.code === 'EDQUOT';
}

/** What it says, for people: its files have names that tell nothing. */
function wordsOf(complaint: string): string {
  const words = complaint.replace(/^qemu-img: /, '').replaceAll(/[^\x20-\x7e]/g, '');
  return words.slice(0, 200) || 'it failed without a word';
}

/** @param reason a sentence without its full stop */
function refusal(to: ConversionFormat, reason: string): DomainError {
  return new DomainError(
    'UnsupportedMediaType',
    `The data could not be converted to ${to}: ${reason}.`,
  );
}

function full(cause?: unknown): DomainError {
  return new DomainError('QuotaExceeded', 'There is no room to convert this image.', { cause });
}

import type { FileHandle } from 'node:fs/promises';
import { onDisk } from './disk.ts';
import type { StoredReader } from './store.ts';

export interface FileReaderOptions {
  /** Whether others may read the file by its descriptor, past whoever watches its reads. */
  readonly givesDescriptor: boolean;
  /** The file's path in the store's folder. */
  readonly path: string;
}

/** Reads `file` and closes it when disposed of, or at once when its size cannot be told. */
export async function fileReader(
  file: FileHandle,
  { givesDescriptor, path }: FileReaderOptions,
): Promise<StoredReader> {
  try {
    const { size, dev, ino, ctimeNs } = await file.stat({ bigint: true });
    return {
      ...readerOf(file, Number(size)),
      file: path,
      version: `${dev} ${ino} ${ctimeNs}`,
      ...(givesDescriptor && { descriptor: file.fd }),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

function readerOf(file: FileHandle, size: number): StoredReader {
  return {
    size,

    async read(buffer, position) {
      let filled = 0;
      while (filled < buffer.length) {
        const reading = file.read(buffer, filled, buffer.length - filled, position + filled);
        const { bytesRead } = await onDisk('read the data', reading);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return filled;
    },

    [Symbol.asyncDispose]: () => file.close(),
  };
}

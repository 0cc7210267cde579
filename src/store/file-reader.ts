import type { FileHandle } from 'node:fs/promises';
import { onDisk } from './disk.ts';
import type { StoredReader } from './store.ts';

/** Reads `file` and closes it when disposed of, or at once when its size cannot be told. */
export async function fileReader(file: FileHandle): Promise<StoredReader> {
  try {
    const { size } = await file.stat();
    return readerOf(file, size);
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

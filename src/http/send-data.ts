import type { ServerResponse } from 'node:http';
import type { ByteRange } from '../api/byte-range.ts';
import type { StoredReader } from '../service/image-data.ts';

export async function sendData(
  response: ServerResponse,
  reader: StoredReader,
  range: ByteRange | undefined,
  _signal: AbortSignal,
): Promise<void> {
  const buffer = Buffer.alloc(1 << 18);
  let position = range?.first ?? 0;
  const end = range ? range.last + 1 : reader.size;
  try {
    while (position < end && !response.destroyed) {
      const n = await reader.read(
        buffer.subarray(0, Math.min(buffer.length, end - position)),
        position,
      );
      if (n === 0) {
        response.destroy();
        return;
      }
      position += n;
      await new Promise<void>((resolve) => response.write(buffer.subarray(0, n), () => resolve()));
    }
    response.end();
  } finally {
    await reader[Symbol.asyncDispose]();
  }
}

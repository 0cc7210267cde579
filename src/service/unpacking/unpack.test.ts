import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import { sectors, sectorsXz, zipOf } from '../../../test/support/packed.ts';
import { unpack } from './unpack.ts';

const packed = {
  gzip: gzipSync(sectors),
  xz: sectorsXz,
  zip: zipOf(sectors),
  // With a checksum, as the program writes it.
  zstd: zstdCompressSync(sectors, { params: { [constants.ZSTD_c_checksumFlag]: 1 } }),
};

/** In pieces of so many bytes. */
function streamOf(data: Uint8Array, size = 65_536): Readable {
  const count = Math.ceil(data.length / size);
  const pieces = Array.from({ length: count }, (_, n) => data.subarray(n * size, (n + 1) * size));
  return Readable.from(pieces, { objectMode: false });
}

async function unpacked(data: Uint8Array, size?: number, maxRatio = 100): Promise<Buffer> {
  return await buffer((await unpack(streamOf(data, size), { maxRatio })).data);
}

const refused = { code: 'UnsupportedMediaType' };

for (const [name, data] of Object.entries(packed)) {
  describe(`data packed by ${name}`, () => {
    test('is unpacked, in whatever pieces it comes', async () => {
      for (const size of [65_536, 100, 1]) assert.deepEqual(await unpacked(data, size), sectors);
    });

    test('is refused where it is cut off, wherever that is', async () => {
      for (let size = 6; size < data.length; size += 97) {
        await assert.rejects(unpacked(data.subarray(0, size)), refused, `after ${size} bytes`);
      }
    });

    test('is never taken for other data when a bit of it is wrong', async () => {
      for (let at = 6; at < data.length; at += 101) {
        const wrong = Buffer.from(data);
        wrong.writeUInt8(wrong.readUInt8(at) ^ 4, at);
        const outcome = await unpacked(wrong).catch((error: unknown) => error);
        if (outcome instanceof Buffer) assert.deepEqual(outcome, sectors, `byte ${at}`);
        else assert.equal((outcome as { code?: string }).code, refused.code, `byte ${at}`);
      }
    });
  });
}

test('what is packed in several parts is one', async () => {
  for (const name of ['gzip', 'xz', 'zstd'] as const) {
    const twice = Buffer.concat([packed[name], packed[name]]);
    assert.deepEqual(await unpacked(twice), Buffer.concat([sectors, sectors]), name);
  }
});

test('an archive has one file, no more and no fewer', async () => {
  for (const archive of [zipOf(sectors, sectors), Buffer.from(`PK\x05\x06${'\0'.repeat(18)}`)]) {
    const outcome = unpacked(archive);
    if (archive.length > 22) await assert.rejects(outcome, /not one file but several/);
    else assert.deepEqual(await outcome, archive);
  }
});

test('what is not packed stays as it is', async () => {
  for (const data of ['', 'QFI\xfb', 'a disk']) {
    assert.equal((await unpacked(Buffer.from(data))).toString(), data);
  }
});

test('a bomb is cut off, and its source is let go', async () => {
  const zeros = new Uint8Array(80 * 1024 * 1024);
  const source = streamOf(gzipSync(zeros), 1000);

  const { data } = await unpack(source, { maxRatio: 10 });
  let size = 0;
  const drained = (async () => {
    for await (const bytes of data) size += bytes.length;
  })();

  await assert.rejects(drained, /more than 10 times as large/);
  assert.ok(size < 66 * 1024 * 1024, `${size} bytes came of it`);
  assert.ok(source.destroyed);
});

test('a source that fails fails the data by its own error', async () => {
  async function* failing() {
    yield packed.gzip.subarray(0, 100);
    throw new Error('The line is cut.');
  }

  const { data } = await unpack(Readable.from(failing()), { maxRatio: 10 });

  await assert.rejects(buffer(data), /The line is cut/);
});

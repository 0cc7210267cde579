import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readEvents } from './event-stream.ts';

/** A stream of these texts, each as a piece of its own. */
function streamOf(...pieces: readonly string[]): ReadableStream<Uint8Array> {
  return ReadableStream.from(pieces.map((piece) => new TextEncoder().encode(piece)));
}

test('events are read however they are cut into pieces', async () => {
  const text =
    'retry: 1000\nid: 4\n\nid: 5\nevent: a\ndata: {"ä":\ndata: 1}\n\n:alive\n\ndata:x\r\n\r\n';
  for (const size of [1, 3, 7, text.length]) {
    const bytes = new TextEncoder().encode(text);
    const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) =>
      bytes.slice(n * size, n * size + size),
    );

    const events = await Array.fromAsync(readEvents(ReadableStream.from(pieces)));

    assert.deepEqual(events, [
      { id: '5', type: 'a', data: '{"ä":\n1}' },
      { id: '5', type: 'message', data: 'x' },
    ]);
  }
});

test('an event that is cut off is none', async () => {
  assert.deepEqual(await Array.fromAsync(readEvents(streamOf('data: x\n'))), []);
});

test('a line without an end is not kept', async () => {
  const long = Array.from({ length: 20 }, () => 'x'.repeat(100_000));

  await assert.rejects(Array.fromAsync(readEvents(streamOf(...long))), /without an end/);
});

test('who reads no further ends the stream', async () => {
  let isCancelled = false;
  const stream = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new TextEncoder().encode('data: x\n\n')),
    cancel: () => {
      isCancelled = true;
    },
  });

  for await (const _ of readEvents(stream)) break;

  assert.equal(isCancelled, true);
});

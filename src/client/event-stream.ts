/** An event of a stream. @see HTML Standard, "Server-sent events" */
export interface StreamedEvent {
  /** Where a stream goes on from that was cut off; '' for the beginning. */
  readonly id: string;
  readonly type: string;
  readonly data: string;
}

/** Longer lines are no event of ours; characters. */
const maxLine = 1024 * 1024;

/**
 * Reads server-sent events as they come. `EventSource` would, but it sends no token in a header.
 *
 * @throws whatever the stream fails by, or an Error for a line without an end
 */
export async function* readEvents(
  stream: ReadableStream<Uint8Array>,
): AsyncGenerator<StreamedEvent> {
  let event = { id: '', type: 'message', data: [] as string[] };
  for await (const line of linesOf(stream)) {
    if (line !== '') {
      take(event, line);
      continue;
    }
    if (event.data.length > 0) yield { ...event, data: event.data.join('\n') };
    event = { id: event.id, type: 'message', data: [] };
  }
}

function take(event: { id: string; type: string; data: string[] }, line: string): void {
  const colon = line.indexOf(':');
  const field = colon < 0 ? line : line.slice(0, colon);
  const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
  if (field === 'data') event.data.push(value);
  if (field === 'event') event.type = value;
  if (field === 'id') event.id = value;
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const lines = (rest + decoder.decode(value, { stream: true })).split(/\r\n|\n/);
      rest = lines.pop() ?? '';
      if (rest.length > maxLine) throw new Error('The stream of events has a line without an end.');
      yield* lines;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

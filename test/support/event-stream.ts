import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';

/** An event as a stream brought it. */
export interface StreamedEvent {
  readonly id: string;
  readonly type: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests read whatever event came.
  readonly data: any;
  /** When it came, ms since the epoch. */
  readonly at: number;
}

/** A stream of events that is read as it comes. */
export interface EventStream extends AsyncIterable<StreamedEvent> {
  /** The id up to which the stream has been read; a new one can go on from there. */
  lastId(): string;
  /** Resolves when the stream is over, whoever ended it. */
  readonly ended: Promise<void>;
  close(): void;
}

/** Opens a stream; it is open when this resolves. */
export async function openStream(
  url: string,
  token: string,
  lastId?: string,
): Promise<EventStream> {
  const headers = { 'x-auth-token': token, ...(lastId && { 'last-event-id': lastId }) };
  const call = request(`${url}/vitrine/v1/events`, { headers, agent: false });
  call.end();
  const [response] = (await once(call, 'response')) as [IncomingMessage];
  if (response.statusCode !== 200) throw new Error(`No stream: ${response.statusCode}`);
  response.setEncoding('utf8');
  const waiting: StreamedEvent[] = [];
  let id = lastId ?? '';
  let isOver = false;
  let wake: (() => void) | undefined;
  let text = '';
  const opened = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  response.on('data', (part: string) => {
    text += part;
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const fields = Object.fromEntries(
        block.split('\n').map((line) => line.split(/: ?(.*)/s, 2) as [string, string]),
      );
      if (fields['id'] !== undefined) id = fields['id'];
      if (fields['data'] !== undefined) {
        const data = JSON.parse(fields['data']);
        waiting.push({ id, type: fields['event'] ?? '', data, at: Date.now() });
      }
    }
    if (blocks.length > 0) opened.resolve();
    wake?.();
  });
  const over = () => {
    isOver = true;
    opened.resolve();
    ended.resolve();
    wake?.();
  };
  response.on('close', over);
  response.on('error', over);
  call.on('error', over);
  await opened.promise;
  return {
    lastId: () => id,
    ended: ended.promise,
    close: () => call.destroy(),
    async *[Symbol.asyncIterator]() {
      while (true) {
        yield* waiting.splice(0);
        if (isOver) return;
        if (waiting.length > 0) continue;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}

/** How long events are waited for, ms. */
const patience = 20_000;

/** The next events of a stream, fewer when it ends before. */
export async function take(stream: EventStream, count: number): Promise<StreamedEvent[]> {
  const taken: StreamedEvent[] = [];
  const late = setTimeout(() => stream.close(), patience);
  for await (const event of stream) {
    taken.push(event);
    if (taken.length === count) break;
  }
  clearTimeout(late);
  return taken;
}

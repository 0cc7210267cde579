import type { ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { cloudEvent, EventQuery, eventFrame } from '../../api/vitrine/events.ts';
import { queryReaderOf } from '../../api/vitrine/operation.ts';
import type { NumberedEvents, ProjectEvents } from '../../service/project-events.ts';
import { refuseBody } from '../body.ts';
import { queryOf, sendJson } from '../reply.ts';

/** Between two signs of life, ms: less than what proxies wait. */
const heartbeat = 15_000;

/** How long one stream lasts at most, ms: then the token is looked at anew, when the client comes again. */
const longest = 15 * 60_000;

/** Bytes that a listener may be behind; a slower one is cut off and reads the rest when it comes again. */
const mostBehind = 256 * 1024;

/** Streams that are open, each with when it ends. */
type Streams = Map<ServerResponse, number>;

const readQuery = queryReaderOf(EventQuery);

/** What happens, for programs. */
export function eventRoutes(app: FastifyInstance, events: ProjectEvents): void {
  const streams: Streams = new Map();
  const timer = setInterval(() => keepAlive(streams), heartbeat);
  timer.unref();
  app.addHook('preClose', async () => {
    clearInterval(timer);
    for (const stream of streams.keys()) stream.end();
  });

  const route = { onRequest: refuseBody, config: { streamsAnswer: true } };
  app.get('/vitrine/v1/events', route, async (request, reply) => {
    const { after = lastEventId(request), follow = true } = readQuery(queryOf(request));
    if (!follow) {
      const { events: page, next } = await events.read(request.caller, after);
      return sendJson(reply, 200, {
        events: page.map(({ event }) => cloudEvent(event)),
        next,
      });
    }
    events.checkListener(request.caller);
    stream(streams, events, { request, reply, after });
    return reply;
  });
}

function lastEventId({ headers }: FastifyRequest): number | undefined {
  const given = headers['last-event-id'];
  return typeof given === 'string' && /^\d{1,15}$/.test(given) ? Number(given) : undefined;
}

interface Streaming {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly after: number | undefined;
}

function stream(streams: Streams, events: ProjectEvents, { request, reply, after }: Streaming) {
  const headers = reply.getHeaders();
  reply.hijack();
  const { raw } = reply;
  // What ends with its connection needs no chunks: so one buffer is written to all who listen.
  raw.removeHeader('transfer-encoding');
  raw.writeHead(200, {
    ...(headers as Record<string, string>),
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    // A proxy must not wait until it has a bufferful.
    'x-accel-buffering': 'no',
  });
  streams.set(raw, performance.now() + longest * (0.9 + Math.random() / 10));
  const stop = events.listen(request.caller, after, {
    began: ({ cursor, hasGap }) => {
      if (raw.writableEnded) return;
      const gap = hasGap ? 'event: vitrine.gap\ndata: {}\n\n' : '';
      raw.write(`retry: 1000\nid: ${cursor}\n${gap || ':\n\n'}`);
    },
    take: (some) => send(raw, some),
    end: () => raw.end(),
  });
  // What was ended may stay open for as long as its client does not read: nothing more is written to it then.
  raw.on('error', () => undefined);
  raw.once('close', () => {
    streams.delete(raw);
    stop();
  });
}

/** Each event is written out once, however many listen. */
const frames = new WeakMap<object, Buffer>();

function send(raw: ServerResponse, events: NumberedEvents): void {
  if (raw.writableEnded) return;
  if (raw.writableLength > mostBehind) {
    raw.destroy();
    return;
  }
  for (const numbered of events) {
    const frame = frames.get(numbered) ?? Buffer.from(eventFrame(numbered.number, numbered.event));
    frames.set(numbered, frame);
    raw.write(frame);
  }
}

function keepAlive(streams: Streams): void {
  const now = performance.now();
  for (const [stream, endsAt] of streams) {
    if (stream.writableEnded) continue;
    if (now >= endsAt) stream.end();
    else if (stream.writableLength <= mostBehind) stream.write(':\n\n');
  }
}

import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { hasBody } from './body.ts';

/** What is read of a body after its answer, so that its sender reads the answer; bytes and ms. */
const maxDrained = 64 * 1024 * 1024;
const maxDrainTime = 10_000;
const lookInterval = 50;

/**
 * Lets a sender whose request was refused finish what it has under way, within limits: a connection
 * that is closed on unread data loses the answer before the client has seen it.
 *
 * @see RFC 9112, section 9.6
 */
export function drainUnread(app: FastifyInstance): void {
  app.addHook('onRequest', (request, reply, done) => {
    // Before the server looks whether the connection is to be closed.
    if (hasBody(request)) reply.raw.prependOnceListener('finish', () => drainRest(request.raw));
    done();
  });
}

/** The server itself reads and drops the rest, without an end: only the socket tells how much that is. */
function drainRest(body: IncomingMessage): void {
  if (body.readableEnded || body.destroyed) return;
  const { socket } = body;
  const lastByte = socket.bytesRead + maxDrained;
  const lastMoment = performance.now() + maxDrainTime;
  const look = setInterval(() => {
    if (socket.bytesRead > lastByte || performance.now() > lastMoment) socket.destroy();
  }, lookInterval);
  const closeNow = closeInStages(socket);
  const stop = (): void => {
    clearInterval(look);
    socket.off('close', stop);
    closeNow();
  };
  body.once('end', stop);
  socket.once('close', stop);
  // Whoever stopped reading it has paused it.
  body.resume();
}

/**
 * Has a connection that is to be closed say so and go on reading.
 *
 * @returns what closes it then, and leaves it as it was when nobody wanted it closed
 */
function closeInStages(socket: IncomingMessage['socket']): () => void {
  let isClosing = false;
  socket.destroySoon = () => {
    isClosing = true;
    socket.end();
  };
  return () => {
    Reflect.deleteProperty(socket, 'destroySoon');
    if (isClosing) socket.destroySoon();
  };
}

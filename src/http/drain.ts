import type { FastifyReply, FastifyRequest } from 'fastify';

/** What is read of an upload that was refused, so that its sender reads the refusal; bytes and ms. */
const maxDrained = 64 * 1024 * 1024;
const maxDrainTime = 10_000;

/**
 * Lets a sender whose upload was refused finish what it has under way, within limits: a connection
 * that is closed on unread data loses the answer before the client has seen it.
 */
export function drainUnread({ raw }: FastifyRequest, reply: FastifyReply): void {
  reply.raw.once('finish', () => {
    if (raw.readableEnded || raw.destroyed) return;
    let drained = 0;
    const timer = setTimeout(() => raw.destroy(), maxDrainTime);
    raw.once('close', () => clearTimeout(timer));
    raw.once('end', () => clearTimeout(timer));
    raw.on('data', (chunk: Uint8Array) => {
      drained += chunk.length;
      if (drained > maxDrained) raw.destroy();
    });
    // Whoever stopped reading it has paused it.
    raw.resume();
  });
}

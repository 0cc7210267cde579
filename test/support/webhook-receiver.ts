import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** A message as it came. */
export interface ReceivedMessage {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests read whatever event came.
  readonly event: any;
  /** When it came, ms since the epoch. */
  readonly at: number;
}

/** Somebody whom webhooks tell what happens. */
export interface WebhookReceiver extends AsyncDisposable {
  readonly url: string;
  readonly messages: ReceivedMessage[];
  /** What it answers a message with, from now on. */
  answer: (message: ReceivedMessage) => number | Promise<number>;
  /** Resolves once so many messages have come. @throws Error after half a minute */
  count(messages: number): Promise<readonly ReceivedMessage[]>;
}

/** Takes messages on a free port of this machine. */
export async function webhookReceiver(): Promise<WebhookReceiver> {
  const messages: ReceivedMessage[] = [];
  const waiting = new Set<() => void>();
  const server = createServer((request, response) => {
    void text(request).then(async (body) => {
      const { headers } = request;
      const message = { headers, body, event: JSON.parse(body), at: Date.now() };
      messages.push(message);
      const answer = receiver.answer(message);
      for (const look of waiting) look();
      response.writeHead(await answer).end();
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const receiver: WebhookReceiver = {
    url: `http://127.0.0.1:${port}/told?by=webhook`,
    messages,
    answer: () => 204,
    async count(wanted) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const look = () => messages.length >= wanted && resolve();
      const tooFew = () => reject(new Error(`${messages.length} messages of ${wanted} have come.`));
      const timer = setTimeout(tooFew, 30_000);
      waiting.add(look);
      look();
      await promise.finally(() => {
        clearTimeout(timer);
        waiting.delete(look);
      });
      return messages;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
  return receiver;
}

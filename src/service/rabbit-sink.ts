import type { ConfirmChannel } from 'amqplib';
import type { EventMessage, EventSink } from './event-sink.ts';
import { type Notification, notificationOf } from './notification.ts';

export interface RabbitSinkOptions {
  /** Each is tried in turn until one answers. */
  readonly hosts: readonly RabbitHost[];
  /** Whether connections begin with TLS. */
  readonly isSecure: boolean;
  readonly vhost: string;
  readonly exchange: string;
  readonly topics: readonly string[];
  /** Whether the exchange and the queues are there after a restart of the broker. */
  readonly isDurable: boolean;
  /** How long the broker may take to connect, or to take what it is sent, ms. */
  readonly patience?: number;
}

export interface RabbitHost {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly pass: string;
}

/** A connection to the broker. */
interface Link {
  /** Resolves when the broker has taken all of them. */
  publish(notifications: readonly Notification[]): Promise<void>;
  /** Ends what is under way, at once. */
  cut(reason: Error): void;
  /** Says goodbye, and cuts if that is not heard. */
  close(): Promise<void>;
}

/** Between two signs of life on a connection, s. */
const heartbeat = 30;

/** How long a goodbye may take, ms. */
const lastWords = 1000;

/**
 * Publishes events at a RabbitMQ as oslo.messaging does: at a topic exchange, and to a queue for each routing key, which
 * keeps them until somebody listens. An event is taken when the broker has confirmed it. No error that this throws has
 * anything of a login.
 */
export function rabbitSink(options: RabbitSinkOptions): EventSink {
  const { hosts, topics, patience = 30_000 } = options;
  let link: Link | undefined;
  let turn = 0;

  async function connected(host: RabbitHost, signal: AbortSignal): Promise<Link> {
    if (link) return link;
    const opened = await openLink(options, host, signal);
    void opened.gone.then(() => {
      if (link === opened) link = undefined;
    });
    link = opened;
    return opened;
  }

  async function publish(messages: readonly EventMessage[], signal: AbortSignal): Promise<void> {
    const host = hosts[turn % hosts.length] as RabbitHost;
    const wait = AbortSignal.any([signal, AbortSignal.timeout(patience)]);
    let used: Link | undefined;
    const end = () => used?.cut(new Error('The broker took too long.'));
    wait.addEventListener('abort', end, { once: true });
    try {
      used = await connected(host, wait);
      wait.throwIfAborted();
      await used.publish(
        messages.flatMap((message) => topics.map((topic) => notificationOf(message, topic))),
      );
    } catch (cause) {
      turn += 1;
      link = undefined;
      used?.cut(new Error('It failed.'));
      throw new Error(`RabbitMQ at ${host.host}:${host.port}: ${wordsOf(cause, host)}`);
    } finally {
      wait.removeEventListener('abort', end);
    }
  }

  return {
    name: 'messagingv2',

    async deliver(messages, signal) {
      for (let tried = 1; ; tried += 1) {
        try {
          return await publish(messages, signal);
        } catch (cause) {
          if (tried >= hosts.length || signal.aborted) throw cause;
        }
      }
    },

    async close() {
      await link?.close();
    },
  };
}

/** What went wrong, without what nobody may read; several addresses of one name fail each by itself. */
function wordsOf(cause: unknown, { pass }: RabbitHost): string {
  const errors = cause instanceof AggregateError ? cause.errors : [cause];
  const words = errors.map((error) => (error instanceof Error ? error.message : String(error)));
  return words.join(', ').replaceAll(pass === '' ? '\0' : pass, '***');
}

async function openLink(
  options: RabbitSinkOptions,
  { host, port, user, pass }: RabbitHost,
  signal: AbortSignal,
): Promise<Link & { readonly gone: Promise<void> }> {
  // Most services publish nothing.
  const { connect } = await import('amqplib');
  const cutting = new AbortController();
  const abort = () => cutting.abort(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  const protocol = options.isSecure ? 'amqps' : 'amqp';
  const login = { username: user, password: pass, vhost: encodeURIComponent(options.vhost) };
  try {
    signal.throwIfAborted();
    // Sockets take a signal, which the types of the library do not know of.
    const socket: object = { signal: cutting.signal, noDelay: true };
    const connection = await connect(
      { protocol, hostname: host, port, heartbeat, ...login },
      socket,
    );
    const gone = Promise.withResolvers<void>();
    // What waits for an answer is told no more than that there is none.
    let failure: Error | undefined;
    const fail = (error: Error) => {
      failure ??= error;
    };
    connection.on('error', fail).on('close', () => gone.resolve());
    const channel = await connection.createConfirmChannel();
    channel.on('error', fail).on('close', () => cutting.abort());
    const publish = publisher(channel, options);
    return {
      gone: gone.promise,
      publish: (notifications) =>
        publish(notifications).catch((cause: unknown) => {
          throw failure ?? cause;
        }),
      cut: (reason) => cutting.abort(reason),
      async close() {
        const timer = setTimeout(() => cutting.abort(), lastWords);
        await connection.close().catch(() => undefined);
        clearTimeout(timer);
      },
    };
  } catch (cause) {
    cutting.abort();
    throw cause;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** Publishes on a channel, after declaring what is published to, once. */
function publisher(
  channel: ConfirmChannel,
  { exchange, isDurable }: RabbitSinkOptions,
): Link['publish'] {
  const known = new Set<string>();
  let isGone = false;
  channel.on('return', () => {
    isGone = true;
  });

  async function declare(routingKey: string): Promise<void> {
    const kept = { durable: isDurable, autoDelete: false };
    if (known.size === 0) await channel.assertExchange(exchange, 'topic', kept);
    await channel.assertQueue(routingKey, { ...kept, exclusive: false });
    await channel.bindQueue(routingKey, exchange, routingKey);
    known.add(routingKey);
  }

  return async (notifications) => {
    for (const { routingKey } of notifications) {
      if (!known.has(routingKey)) await declare(routingKey);
    }
    const form = {
      contentType: 'application/json',
      contentEncoding: 'utf-8',
      persistent: true,
      // The broker confirms what it has no queue for, too, and drops it.
      mandatory: true,
    };
    for (const { routingKey, body } of notifications) {
      channel.publish(exchange, routingKey, body, form);
    }
    await channel.waitForConfirms();
    if (isGone) throw new Error('a queue that was declared is gone');
  };
}

import type { Readable } from 'node:stream';
import type { Transporter } from 'nodemailer';

/** A mail server of the operator's. */
export interface SmtpServer {
  readonly host: string;
  readonly port: number;
  /** Whether the connection begins with TLS. */
  readonly isSecure: boolean;
  readonly login: { readonly user: string; readonly pass: string } | undefined;
}

/** What one address is sent. */
export interface MailMessage {
  readonly to: string;
  /** One line. */
  readonly subject: string;
  /** Plain text. */
  readonly text: string;
  /** Without angle brackets; the same however often it is sent. */
  readonly id: string;
  /** The URL that takes a POST for asking for no more. */
  readonly unsubscribe: string;
}

/** What came of an attempt; neither says anything that the server said, which is for the operator. */
export type MailOutcome =
  | { readonly isSent: true }
  | {
      readonly isSent: false;
      /** Whether it was the address that was refused; else the server is to blame. */
      readonly isRefused: boolean;
      /** Whether it was refused for good. */
      readonly isLasting: boolean;
      /** Whether the server may have taken it without saying so. */
      readonly mayHaveCome: boolean;
      /** The server's status, such as 550. */
      readonly status: number | undefined;
      /** Such as ECONNECTION or EAUTH. */
      readonly code: string;
    };

/** Hands messages to the operator's mail server. */
export interface MailSender extends AsyncDisposable {
  /** Tries once; nothing but `signal` makes it throw, and that only when the server does not answer soon after. */
  send(message: MailMessage, signal: AbortSignal): Promise<MailOutcome>;
}

export interface MailSenderOptions {
  readonly server: SmtpServer;
  /** The address in `From`. */
  readonly from: string;
  /** How long a message that is being sent is waited for when it is to be given up, ms. */
  readonly grace?: number;
}

/** Shorter than what a service that stops is given. */
const usualGrace = 3000;

/**
 * How long the server may take to connect, to greet and to say something, and a connection is kept for the next message, ms.
 * Servers that look into what they take say so late, and whoever has hung up by then sends it again.
 *
 * @see RFC 5321, 4.5.3.2.6
 */
const times = {
  connectionTimeout: 15_000,
  greetingTimeout: 15_000,
  socketTimeout: 600_000,
  idleTimeout: 30_000,
};

export function mailSender(options: MailSenderOptions): MailSender {
  let opening: Promise<Transporter> | undefined;
  return {
    async send(message, signal) {
      signal.throwIfAborted();
      opening ??= openTransport(options.server);
      const transport = await opening;
      const late = delayed(signal, options.grace ?? usualGrace);
      try {
        const outcome = await handOver(transport, options.from, message, late.signal);
        if (!outcome.isSent) late.signal.throwIfAborted();
        return outcome;
      } finally {
        late.end();
      }
    },
    async [Symbol.asyncDispose]() {
      (await opening)?.close();
    },
  };
}

/** A signal that is aborted some time after another one, unless it is over by then. */
function delayed(signal: AbortSignal, delay: number) {
  const late = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const wait = () => {
    timer = setTimeout(() => late.abort(signal.reason), delay);
  };
  signal.addEventListener('abort', wait, { once: true });
  if (signal.aborted) wait();
  return {
    signal: late.signal,
    end() {
      signal.removeEventListener('abort', wait);
      clearTimeout(timer);
    },
  };
}

/** A login is not sent in clear text but within this machine. */
async function openTransport({ host, port, isSecure, login }: SmtpServer): Promise<Transporter> {
  // Most services send none.
  const { createTransport } = await import('nodemailer');
  const isLocal = isThisMachine(host);
  const transport = createTransport({
    host,
    port,
    secure: isSecure,
    ...(login && { auth: login }),
    ...(isLocal ? { ignoreTLS: !isSecure } : { requireTLS: login !== undefined }),
    ...times,
    pool: true,
    maxConnections: 2,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  transport.use('stream', ({ data, message }, done) => {
    const { onStream } = data as Partial<Watched>;
    message.processFunc((stream) => {
      onStream?.(stream);
      return stream;
    });
    done();
  });
  return transport;
}

/** A message whose stream is looked at: it is read when the server wants the message, and not before. */
interface Watched {
  readonly onStream: (stream: Readable) => void;
}

function isThisMachine(host: string): boolean {
  return /^(?:localhost|127(?:\.\d+){3}|\[?::1\]?)$/.test(host);
}

/** What mail programs do by themselves they do by TLS, or they had to tell everybody on the way. @see RFC 8058, 3.1 */
function takesOneClick(unsubscribe: string): boolean {
  const { protocol, hostname } = new URL(unsubscribe);
  return protocol === 'https:' || isThisMachine(hostname);
}

async function handOver(
  transport: Transporter,
  from: string,
  { to, subject, text, id, unsubscribe }: MailMessage,
  signal: AbortSignal,
): Promise<MailOutcome> {
  let stream: Readable | undefined;
  const onStream: Watched['onStream'] = (made) => {
    stream = made;
  };
  try {
    const mail = {
      ...{ signal, onStream },
      from: { name: 'Vitrine', address: from },
      to: { name: '', address: to },
      envelope: { from, to: [to] },
      subject,
      text,
      messageId: `<${id}>`,
      headers: {
        'Auto-Submitted': 'auto-generated',
        // @see RFC 8058
        'List-Unsubscribe': { prepared: true, foldLines: true, value: `<${unsubscribe}>` },
        ...(takesOneClick(unsubscribe) && {
          'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
        }),
      },
    };
    await transport.sendMail(mail);
    return { isSent: true };
  } catch (cause) {
    const failure = failureOf(cause);
    const isSilent = failure.status === undefined;
    const mayHaveCome = isSilent && stream?.readableDidRead === true;
    return { isSent: false, mayHaveCome, ...failure };
  }
}

function failureOf(cause: unknown) {
  const { code, command, response, responseCode } = Object(cause) as Readonly<
    Record<string, unknown>
  >;
  const status = typeof responseCode === 'number' ? responseCode : undefined;
  const isAtRecipient = command === 'RCPT TO';
  const isAboutMessage = isAtRecipient || code === 'EMESSAGE';
  const isLasting = isAboutMessage && refusesForGood(status, String(response));
  // What an address refuses for a while, as greylisting does, says nothing against it or the server.
  const isRefused = isLasting || (isAtRecipient && refusesForNow(status, String(response)));
  return { isRefused, isLasting, status, code: typeof code === 'string' ? code : 'EUNKNOWN' };
}

/** Enhanced statuses of a server's own: its state, the protocol, its rules for senders, and who sends. @see RFC 3463 */
const serversOwn = /^\d{3}[ -](?:[45]\.[35]\.|5\.7\.|[45]\.1\.[78]\b)/;

/** A bare 554 tells of no address: servers say it of relaying and of contents. @see RFC 5321, 4.2.3; RFC 7504 */
function refusesForGood(status: number | undefined, response: string): boolean {
  if (status === 554 && !/^554[ -]5\.\d/.test(response)) return false;
  return [550, 551, 552, 553, 554, 556].includes(status ?? 0) && !serversOwn.test(response);
}

function refusesForNow(status: number | undefined, response: string): boolean {
  return [450, 451, 452].includes(status ?? 0) && !serversOwn.test(response);
}

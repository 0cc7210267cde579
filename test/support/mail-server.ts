import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { SMTPServer } from 'smtp-server';
import { noteSecret } from './secrets.ts';

/** A message as it came. */
export interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  /** Whether it came by TLS. */
  readonly isEncrypted: boolean;
  /** As it was sent, by names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly subject: string;
  readonly text: string;
}

/** A real mail server, which keeps what it takes. */
export interface MailServer extends AsyncDisposable {
  /** Without a login. */
  readonly url: URL;
  readonly port: number;
  readonly mails: ReceivedMail[];
  /** How many logins it was shown. */
  logins: number;
  /** The status, or the whole reply, with which it refuses a message to an address from now on; undefined takes it. */
  refuses: (to: string) => number | string | undefined;
  /** The reply with which it refuses what it was handed; undefined takes it. */
  refusesMessage: () => string | undefined;
  /** Tells whoever sent a message that it is taken; by then it is kept. */
  answer: (say: () => void) => void;
  /** Resolves with the message of that number, from 0. @throws Error after half a minute */
  mail(number: number): Promise<ReceivedMail>;
}

interface Login {
  readonly user: string;
  readonly pass: string;
}

export interface MailServerOptions {
  /** The only login that it knows; without it, it asks for none. */
  readonly login?: Login;
  /** With it TLS is asked for before a login is. */
  readonly tls?: {
    readonly key: string;
    readonly cert: string;
    /** Whether a connection begins with TLS. */
    readonly isImplicit: boolean;
  };
}

/** Takes mail on a free port of this machine. */
export async function mailServer({ login, tls }: MailServerOptions = {}): Promise<MailServer> {
  const mails: ReceivedMail[] = [];
  const waiting = new Set<() => void>();
  const smtp = new SMTPServer({
    authOptional: login === undefined,
    ...(tls
      ? { key: tls.key, cert: tls.cert, secure: tls.isImplicit }
      : { allowInsecureAuth: true, disabledCommands: ['STARTTLS'] }),
    disableReverseLookup: true,
    // Services keep connections for what comes next; when a test is over they are cut.
    closeTimeout: 10,
    onAuth({ username, password }, _session, answer) {
      server.logins += 1;
      const isKnown = username === login?.user && password === login?.pass;
      // Servers repeat what they were told; no log may.
      if (isKnown) answer(null, { user: username });
      else answer(new Error(`unknown: ${username} ${password}`));
    },
    onRcptTo({ address }, _session, answer) {
      const reply = server.refuses(address);
      if (reply === undefined) return answer();
      answer(refusal(typeof reply === 'number' ? `${reply} no mail for you` : reply));
    },
    onData(stream, { envelope, secure: isEncrypted }, answer) {
      void buffer(stream).then((bytes) => {
        const reply = server.refusesMessage();
        if (reply !== undefined) return answer(refusal(reply));
        const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address;
        const to = envelope.rcptTo.map(({ address }) => address);
        mails.push({ from, to, isEncrypted, ...readMail(bytes.toString('latin1')) });
        server.answer(answer);
        for (const look of waiting) look();
      });
    },
  });
  // Who leaves in the middle of a connection is no trouble of the test's.
  smtp.on('error', () => undefined);
  await new Promise<void>((resolve) => {
    smtp.listen(0, '127.0.0.1', resolve);
  });
  const { port } = smtp.server.address() as AddressInfo;
  const scheme = tls?.isImplicit ? 'smtps' : 'smtp';
  const server: MailServer = {
    // Both lead here, but to the first a login may go in clear text.
    url: new URL(`${scheme}://${tls ? '0.0.0.0' : '127.0.0.1'}:${port}`),
    port,
    mails,
    logins: 0,
    refuses: () => undefined,
    refusesMessage: () => undefined,
    answer: (say) => say(),
    async mail(number) {
      const { promise, resolve, reject } = Promise.withResolvers<ReceivedMail>();
      const look = () => {
        const mail = mails[number];
        if (mail) resolve(mail);
      };
      const missing = () => reject(new Error(`${mails.length} messages have come.`));
      const timer = setTimeout(missing, 30_000);
      waiting.add(look);
      look();
      return await promise.finally(() => {
        clearTimeout(timer);
        waiting.delete(look);
      });
    },
    async [Symbol.asyncDispose]() {
      await new Promise<void>((resolve) => {
        smtp.close(resolve);
      });
    },
  };
  return server;
}

function refusal(reply: string): Error {
  return Object.assign(new Error(reply.slice(4)), { responseCode: Number(reply.slice(0, 3)) });
}

/** What makes a service hand its mail to a server; who follows the links in it reaches that service. */
export async function mailEnvironment(mail: MailServer, login?: Login) {
  const finding = createServer().listen(0, '127.0.0.1');
  await once(finding, 'listening');
  const { port } = finding.address() as AddressInfo;
  await new Promise((resolve) => {
    finding.close(resolve);
  });
  if (login) for (const text of [login.pass, encodeURIComponent(login.pass)]) noteSecret(text);
  const url = new URL(mail.url);
  if (login) Object.assign(url, { username: login.user, password: encodeURIComponent(login.pass) });
  return {
    VITRINE_PORT: String(port),
    VITRINE_PUBLIC_ENDPOINT: `http://127.0.0.1:${port}`,
    VITRINE_SMTP_URL: url.href,
    VITRINE_MAIL_FROM: 'images@example.org',
  };
}

/** @see RFC 5322, RFC 2045; only what messages of plain text have */
function readMail(raw: string): Pick<ReceivedMail, 'headers' | 'subject' | 'text'> {
  const end = raw.indexOf('\r\n\r\n');
  const lines = raw
    .slice(0, end)
    .replaceAll(/\r\n[ \t]/g, ' ')
    .split('\r\n');
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
    }),
  );
  const body = raw.slice(end + 4);
  const encoding = headers.get('content-transfer-encoding') ?? '7bit';
  const text = decoders[encoding]?.(body) ?? body;
  const subject = (headers.get('subject') ?? '')
    .replaceAll(/\?=\s+=\?/g, '?==?')
    .replaceAll(/=\?utf-8\?([qb])\?(.*?)\?=/gi, (_all, kind: string, word: string) =>
      kind.toLowerCase() === 'b' ? fromBase64(word) : quotedPrintable(word.replaceAll('_', ' ')),
    );
  return { headers, subject, text: text.replaceAll('\r\n', '\n') };
}

const fromBase64 = (text: string) => Buffer.from(text, 'base64').toString();

const decoders: Readonly<Record<string, (body: string) => string>> = {
  base64: fromBase64,
  'quoted-printable': quotedPrintable,
};

function quotedPrintable(text: string): string {
  const bytes = text
    .replaceAll(/=\r\n/g, '')
    .replaceAll(/=([0-9A-F]{2})/gi, (_all, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
  return Buffer.from(bytes, 'latin1').toString();
}

/** The code in the message that one is sent in. */
export function codeIn({ text }: ReceivedMail): string {
  return /^ {4}(\d{8})$/m.exec(text)?.[1] ?? '';
}

/** Where a message says that it can be unsubscribed from. */
export function unsubscribeUrl({ headers }: ReceivedMail): string {
  return /^<(.*)>$/.exec(headers.get('list-unsubscribe') ?? '')?.[1] ?? '';
}

import { readMailbox } from '../domain/mail-address.ts';
import { decoded, integer, type Setting } from './setting.ts';

/** A mail server, and who is to be known to it. */
export interface SmtpAddress {
  readonly host: string;
  readonly port: number;
  /** Whether the connection begins with TLS. */
  readonly isSecure: boolean;
  readonly login: { readonly user: string; readonly pass: string } | undefined;
}

/** How people are told by mail what happens to the shares of their project. */
export interface MailConfig {
  /** Undefined where no mail is sent. */
  readonly smtpUrl: SmtpAddress | undefined;
  /** Whom it comes from. */
  readonly mailFrom: string | undefined;
  /** Addresses that one project may have. */
  readonly mailQuota: number;
  /** Messages that one project may cause in an hour. */
  readonly mailRate: number;
  /** The hour of daily digests, UTC. */
  readonly mailDigestHour: number;
}

type MailSettings = { readonly [Name in keyof MailConfig]: Setting<MailConfig[Name]> };

/** The settings of `MailConfig`. */
export const mailSettings: MailSettings = {
  smtpUrl: {
    key: 'smtp_url',
    initial: undefined,
    about:
      'The server that [mail](mail.md) is handed to, with a login if it wants one; without it none is sent',
    read: readSmtpUrl,
    wanted: 'a URL such as smtps://user:password@mail.example.org or smtp://localhost:25',
    isSecret: true,
  },
  mailFrom: {
    key: 'mail_from',
    initial: undefined,
    about: 'The address that mail comes from',
    read: (value) => (typeof value === 'string' ? readMailbox(value) : undefined),
    wanted: 'a mail address such as images@example.org',
  },
  mailQuota: integer('mail_quota', {
    initial: 10,
    about: 'Mail addresses that one project may have; 0 for none',
    min: 0,
    max: 1000,
  }),
  mailRate: integer('mail_rate', {
    initial: 60,
    about: 'Messages that one project may cause in an hour; what is beyond waits, and goes in one',
    min: 1,
    max: 100_000,
  }),
  mailDigestHour: integer('mail_digest_hour', {
    initial: 7,
    about: 'The hour (UTC) at which daily digests are sent',
    min: 0,
    max: 23,
  }),
};

function readSmtpUrl(value: unknown): SmtpAddress | undefined {
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;
  if (!url || !/^smtps?:$/.test(url.protocol) || url.hostname === '') return undefined;
  if (url.pathname.length > 1 || url.search !== '' || url.hash !== '') return undefined;
  const isSecure = url.protocol === 'smtps:';
  const [user, pass] = [decoded(url.username), decoded(url.password)];
  if (user === undefined || pass === undefined || (user === '' && pass !== '')) return undefined;
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? (isSecure ? 465 : 587) : Number(url.port),
    isSecure,
    login: user === '' ? undefined : { user, pass },
  };
}

/** Tells of settings that do not go together. */
export function checkMail(
  {
    smtpUrl,
    mailFrom,
    publicEndpoint,
  }: MailConfig & { readonly publicEndpoint: string | undefined },
  report: (problem: string) => void,
): void {
  if (smtpUrl === undefined) return;
  if (mailFrom === undefined)
    report('smtp_url: wants mail_from, the address that mail comes from.');
  if (publicEndpoint === undefined) {
    report('smtp_url: wants public_endpoint, which the links in messages begin with.');
  }
}

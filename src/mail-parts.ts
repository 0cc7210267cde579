import type { Config } from './config.ts';
import type { Database } from './database/database.ts';
import { getSecret } from './database/secrets.ts';
import type { MailAddressesOptions } from './service/mail-addresses.ts';
import { mailAddressesService } from './service/mail-addresses.ts';
import {
  type MailDelivery,
  type MailDeliveryOptions,
  mailDelivery,
} from './service/mail-delivery.ts';
import { mailLinks } from './service/mail-links.ts';
import { mailSender } from './service/mail-sender.ts';

type Common = Pick<MailAddressesOptions, 'database' | 'policy' | 'clock'> &
  Pick<MailDeliveryOptions, 'names' | 'report'> & {
    /** What links and codes are signed with. */
    readonly mailKey: Uint8Array;
  };

/** The key that all processes on a database sign links in mail with. */
export function mailKeyOf(database: Database): Promise<Uint8Array> {
  return getSecret(database, 'links in mail');
}

/** What tells people by mail what happens; nothing is sent without a server. */
export function mailServices(config: Config, { mailKey, ...common }: Common) {
  const {
    smtpUrl: server,
    mailFrom: from,
    publicEndpoint: url,
    mailDigestHour: digestHour,
  } = config;
  // After a pause, ten minutes' worth at once.
  const rate = { rate: config.mailRate / 3600, burst: Math.max(600, 3600 / config.mailRate) };
  const links = mailLinks(mailKey);
  const telling = { ...common, links, rate, digestHour };
  const isSending = server !== undefined && from !== undefined && url !== undefined;
  const mailDeliveries: readonly MailDelivery[] = isSending
    ? [mailDelivery({ ...telling, sender: mailSender({ server, from }), url })]
    : [];
  return {
    mail: mailAddressesService({ ...telling, isSending, quota: config.mailQuota }),
    mailDeliveries,
  };
}

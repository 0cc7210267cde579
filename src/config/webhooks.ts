import { integer, type Setting } from './setting.ts';

/** How projects' webhooks are told what happens. Times in seconds. */
export interface WebhookConfig {
  /** Webhooks that one project may have; 0 for none. */
  readonly webhookQuota: number;
  /** How long a receiver may take to answer. */
  readonly webhookTimeout: number;
  /** How long an event is sent in vain before it is given up. */
  readonly webhookPatience: number;
}

type WebhookSettings = { readonly [Name in keyof WebhookConfig]: Setting<WebhookConfig[Name]> };

/** The settings of `WebhookConfig`. */
export const webhookSettings: WebhookSettings = {
  webhookQuota: integer('webhook_quota', {
    initial: 10,
    about: 'Webhooks that one project may have; 0 for none',
    min: 0,
    max: 1000,
  }),
  webhookTimeout: integer('webhook_timeout', {
    initial: 15,
    about: 'Seconds that the receiver of a webhook may take to answer',
    min: 1,
    max: 300,
  }),
  webhookPatience: integer('webhook_patience', {
    initial: 24 * 3600,
    about: 'Seconds for which an event is sent to a webhook in vain before it is given up',
    min: 60,
    max: 30 * 24 * 3600,
  }),
};

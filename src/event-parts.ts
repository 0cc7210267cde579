import type { Logger } from 'pino';
import { cloudEvent } from './api/vitrine/events.ts';
import { webTimesOf } from './config/web.ts';
import type { Config } from './config.ts';
import type { Database } from './database/database.ts';
import type { ProjectEvent } from './domain/project-event.ts';
import { webOf } from './open-parts.ts';
import { type EventSink, logSink } from './service/event-sink.ts';
import { type Events, eventsService } from './service/events.ts';
import { rabbitSink } from './service/rabbit-sink.ts';
import type { Report } from './service/unwanted-data.ts';
import { webhookDelivery } from './service/webhook-delivery.ts';
import { webhookSender } from './service/webhook-sender.ts';
import { type WebhooksOptions, webhooksService } from './service/webhooks.ts';

interface EventParts {
  readonly database: Database;
  readonly log: Logger;
  readonly report: Report;
}

/** Events, to where the operator wants them. */
export function eventsOf(config: Config, { database, log, report }: EventParts): Events {
  // Whoever asks for events wants them at every log level.
  const lines = log.child({}, { level: 'info' });
  const sinks: Readonly<Record<Config['notificationDriver'], () => EventSink | undefined>> = {
    noop: () => undefined,
    log: () => logSink((fields, text) => lines.info(fields, text)),
    messagingv2: () => brokerSink(config),
  };
  return eventsService({
    database,
    sink: sinks[config.notificationDriver](),
    publisherId: config.defaultPublisherId,
    disabled: config.disabledNotifications,
    clock: () => new Date(),
    report,
  });
}

function brokerSink({
  notificationTransportUrl: address,
  controlExchange: exchange,
  notificationTopics: topics,
  amqpDurableQueues: isDurable,
}: Config): EventSink | undefined {
  return address && rabbitSink({ ...address, exchange, topics, isDurable });
}

/** What tells projects elsewhere what happens. */
export function webhookServices(
  config: Config,
  common: Pick<WebhooksOptions, 'database' | 'policy' | 'clock'> & { readonly report: Report },
) {
  const time = config.webhookTimeout * 1000;
  const web = webOf(config, {
    connect: Math.min(time, webTimesOf(config).connect),
    silence: time,
    total: time,
  });
  const bodyOf = (event: ProjectEvent) => JSON.stringify(cloudEvent(event));
  const telling = { ...common, sender: webhookSender(web), bodyOf };
  const checkUrl = (url: string) =>
    web.check(url, { field: 'url', signal: AbortSignal.timeout(time) });
  return {
    webhooks: webhooksService({ ...telling, checkUrl, quota: config.webhookQuota }),
    webhookDelivery: webhookDelivery({
      ...telling,
      patience: config.webhookPatience * 1000,
      retention: config.eventRetention * 1000,
    }),
  };
}

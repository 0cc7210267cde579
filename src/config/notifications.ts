import { decoded, flag, names, oneOf, type Setting, text } from './setting.ts';

/** A RabbitMQ, by every host of it that may be asked. */
export interface BrokerAddress {
  readonly hosts: readonly BrokerHost[];
  /** Whether connections begin with TLS. */
  readonly isSecure: boolean;
  readonly vhost: string;
}

export interface BrokerHost {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly pass: string;
}

const notificationDrivers = ['noop', 'log', 'messagingv2'] as const;

/** Where the operator is told what happens to images. */
export interface NotificationConfig {
  /** Where events go; `noop` writes none. */
  readonly notificationDriver: (typeof notificationDrivers)[number];
  /** Undefined but for `messagingv2`. */
  readonly notificationTransportUrl: BrokerAddress | undefined;
  /** What the queues of events are named after, before the priority. */
  readonly notificationTopics: readonly string[];
  /** The exchange that events are published at. */
  readonly controlExchange: string;
  /** Whether the broker keeps the exchange and the queues over its restarts. */
  readonly amqpDurableQueues: boolean;
  /** What events name as their origin. */
  readonly defaultPublisherId: string;
  /** Types and groups of events that are not written. */
  readonly disabledNotifications: readonly string[];
}

type NotificationSettings = {
  readonly [Name in keyof NotificationConfig]: Setting<NotificationConfig[Name]>;
};

/** AMQP's names have 255 bytes, and a priority is put behind a topic. */
const name = /^[\w.:-]{1,200}$/;

/** The settings of `NotificationConfig`. */
export const notificationSettings: NotificationSettings = {
  notificationDriver: oneOf('notification_driver', notificationDrivers, {
    initial: 'noop',
    about:
      'Where events go: `log` writes them as lines of the log, `messagingv2` [publishes them](notifications.md) at RabbitMQ, `noop` writes none',
  }),
  notificationTransportUrl: {
    key: 'notification_transport_url',
    initial: undefined,
    about:
      'The RabbitMQ of `messagingv2`, with its login; `amqps` is TLS, and further hosts stand behind commas',
    read: readBroker,
    wanted: 'a URL such as amqp://user:password@host:5672/vhost',
    isSecret: true,
  },
  notificationTopics: {
    ...names('notification_topics', {
      about: 'Topics of `messagingv2`: each event is published once for each of them',
      wanted: 'a list of names of letters, digits, `.`, `:`, `-` and `_`',
    }),
    initial: ['notifications'],
    read: readTopics,
  },
  controlExchange: {
    ...text('control_exchange', {
      initial: 'glance',
      about: 'The exchange of `messagingv2`',
      wanted: 'a name of letters, digits, `.`, `:`, `-` and `_`',
    }),
    read: (value) => (typeof value === 'string' && name.test(value) ? value : undefined),
  },
  amqpDurableQueues: flag('amqp_durable_queues', {
    initial: false,
    about:
      'Whether RabbitMQ keeps the exchange and the queues of events when it restarts; as with those who listen',
  }),
  defaultPublisherId: text('default_publisher_id', {
    initial: 'image.localhost',
    about: 'What events name as their origin',
    wanted: 'a name',
  }),
  disabledNotifications: names('disabled_notifications', {
    about:
      'Types of events, such as `image.send`, or groups, such as `image`, that are not written',
    wanted: 'a list of types of events',
  }),
};

const readNames = names('', { about: '', wanted: '' }).read;

function readTopics(value: unknown): readonly string[] | undefined {
  const topics = readNames(value, () => {}, undefined);
  const fits = topics?.length && topics.length <= 10 && topics.every((topic) => name.test(topic));
  return fits ? topics : undefined;
}

/** @see oslo.messaging, "Transport URL": `scheme://[user:pass@]host[:port][,…]/vhost` */
function readBroker(value: unknown): BrokerAddress | undefined {
  const form = /^(amqps?|rabbit):\/\/([^/?#]+)(?:\/([^?#]*))?$/;
  const [, scheme, places = '', path = ''] =
    (typeof value === 'string' ? form.exec(value) : null) ?? [];
  const vhost = decoded(path);
  if (scheme === undefined || vhost === undefined) return undefined;
  const isSecure = scheme === 'amqps';
  const hosts: BrokerHost[] = [];
  for (const place of places.split(',')) {
    const host = readHost(place, isSecure ? 5671 : 5672, hosts.at(-1));
    if (!host) return undefined;
    hosts.push(host);
  }
  return { hosts, isSecure, vhost: vhost === '' ? '/' : vhost };
}

/** @param before whose login holds for a host that names none; else it is RabbitMQ's own for a new broker */
function readHost(
  place: string,
  usualPort: number,
  before: BrokerHost | undefined,
): BrokerHost | undefined {
  const address = `amqp://${place}`;
  if (!URL.canParse(address)) return undefined;
  const { hostname, port, username, password } = new URL(address);
  const [user, pass] = [decoded(username), decoded(password)];
  if (hostname === '' || port === '0' || user === undefined || pass === undefined) return undefined;
  if (user === '' && pass !== '') return undefined;
  return {
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? usualPort : Number(port),
    user: user === '' ? (before?.user ?? 'guest') : user,
    pass: user === '' ? (before?.pass ?? 'guest') : pass,
  };
}

/** Tells of settings that do not go together. */
export function checkNotifications(
  { notificationDriver, notificationTransportUrl }: NotificationConfig,
  report: (problem: string) => void,
): void {
  const publishes = notificationDriver === 'messagingv2';
  if (publishes && !notificationTransportUrl)
    report('notification_driver: messagingv2 wants notification_transport_url.');
  if (!publishes && notificationTransportUrl)
    report('notification_transport_url: wants notification_driver messagingv2.');
}

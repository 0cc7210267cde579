import type { Config } from '../config.ts';
import { auditLevels } from '../domain/audit.ts';
import { nameSharing } from '../domain/recipient.ts';
import { databaseSettings } from './database.ts';
import { imageCacheSettings } from './image-cache.ts';
import { imageFormatSettings } from './image-format.ts';
import { imageSchema } from './image-schema.ts';
import { importSettings } from './imports.ts';
import { identitySettings } from './keystone.ts';
import { mailSettings } from './mail.ts';
import { networkSettings } from './network.ts';
import { notificationSettings } from './notifications.ts';
import { corsAllowedOrigins } from './origins.ts';
import { policies } from './policies.ts';
import { propertyProtection } from './property-protection.ts';
import { flag, integer, oneOf, type Setting, text, url } from './setting.ts';
import { storeList } from './store-list.ts';
import { storeSettings } from './stores.ts';
import { webSettings } from './web.ts';
import { webhookSettings } from './webhooks.ts';

export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

const mib = 1024 * 1024;

/** Its MiB in bytes are still a safe number. */
const maxQuota = 2 ** 32;

type Settings = { readonly [Name in keyof Config]: Setting<Config[Name]> };

const service = {
  host: text('host', {
    initial: '127.0.0.1',
    about: 'The address to listen on; `0.0.0.0` or `::` for all',
    wanted: 'an address to listen on',
  }),
  port: integer('port', {
    initial: 9292,
    about: 'The TCP port to listen on; 0 picks a free one',
    min: 0,
    max: 65_535,
  }),
  dataDir: text('data_dir', {
    initial: './data',
    about: 'The folder of the database, the images and `clouds.yaml`',
    wanted: 'the path of a folder',
  }),
  filesystemStoreDatadir: text('filesystem_store_datadir', {
    initial: '',
    about:
      'The folder of the images, which processes on one database share; empty for `images` in the data folder',
    wanted: 'the path of a folder',
  }),
  publicEndpoint: url('public_endpoint', {
    about: 'The URL of the service as clients reach it; without it links follow the request',
  }),
  logLevel: oneOf('log_level', logLevels, {
    initial: 'info',
    about: 'The least urgent lines that are logged',
  }),
  audit: oneOf('audit', auditLevels, {
    initial: 'changes',
    about:
      'Which requests leave a line that tells who did what to which image: `none`, `changes` and all that is refused, or `all`',
  }),
  minFreeBytes: integer('min_free_bytes', {
    initial: 256 * mib,
    about: 'Bytes that uploads must leave free on the disk',
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
  }),
} as const satisfies Partial<Settings>;

const http = {
  listLimitDefault: integer('limit_param_default', {
    initial: 25,
    about: 'Images on a page when a request names no `limit`',
    min: 1,
    max: 10_000,
  }),
  listLimitMax: integer('api_limit_max', {
    initial: 1000,
    about: 'The most images on a page, whatever `limit` says',
    min: 1,
    max: 10_000,
  }),
  corsAllowedOrigins,
  compressJson: flag('compress_json', {
    initial: false,
    about: 'Compresses long JSON answers for clients that take gzip',
  }),
  console: flag('console', {
    initial: true,
    about: 'Serves the [web console](console.md) at `/console`, and sends browsers there',
  }),
} as const satisfies Partial<Settings>;

const identity = {
  tokenLifetime: integer('token_lifetime', {
    initial: 3600,
    about: 'Seconds for which a token of the embedded identity service is valid',
    min: 60,
    max: 7 * 24 * 3600,
  }),
  region: {
    key: 'region',
    initial: 'RegionOne',
    about:
      'The region that the catalog of the embedded identity service and `clouds.yaml` name; see [the region](identity.md#the-region)',
    read: (value) =>
      typeof value === 'string' && /^[^\p{Cc}]{1,255}$/u.test(value) ? value : undefined,
    wanted: 'a name of 1 to 255 characters',
  },
  applicationCredentialLimit: integer('application_credential_limit', {
    initial: 100,
    about: 'Application credentials that one user may have; -1 for no limit',
    min: -1,
    max: 1_000_000,
  }),
  signingKeyRotation: integer('signing_key_rotation', {
    initial: 30 * 24 * 3600,
    about:
      'Seconds for which a key of the embedded identity service signs tokens before a new one does; 0 for ever; see [signing keys](identity.md#signing-keys)',
    min: 0,
    max: 10 * 365 * 24 * 3600,
  }),
  lockoutFailures: integer('lockout_failures', {
    initial: 100,
    about:
      'Wrong passwords in a row, from wherever they come, after which no password of the user is taken for a while; 0 for never; see [lock-out](identity.md#lock-out)',
    min: 0,
    max: 1_000_000,
  }),
  lockoutSeconds: integer('lockout_seconds', {
    initial: 900,
    about: 'Seconds for which that lasts after the last of them',
    min: 1,
    max: 365 * 24 * 3600,
  }),
  passwordMinLength: integer('password_min_length', {
    initial: 8,
    about: 'Characters that a new password must have at least',
    min: 1,
    max: 255,
  }),
  shareByName: oneOf('share_by_name', nameSharing, {
    initial: 'resolve',
    about:
      "What a member id means that is no project: the project of exactly that name in the owner's domain, or else the id as it was typed (`resolve`), or else nothing, and the call is refused (`strict`); `off` takes every id as it is",
  }),
  policies,
} as const satisfies Partial<Settings>;

const quotas = {
  imageSizeCap: integer('image_size_cap', {
    initial: 1024 * 1024 * mib,
    about: 'Bytes of data that one image may have; -1 for no limit, like every quota',
    min: -1,
    max: Number.MAX_SAFE_INTEGER,
  }),
  imageMemberQuota: integer('image_member_quota', {
    initial: 128,
    about: 'Members that one image may have',
    min: -1,
    max: 1_000_000,
  }),
  imagePropertyQuota: integer('image_property_quota', {
    initial: 128,
    about: 'Custom properties that one image may have',
    min: -1,
    max: 1_000_000,
  }),
  imageLocationQuota: integer('image_location_quota', {
    initial: 10,
    about: 'Locations that one image may have',
    min: -1,
    max: 1000,
  }),
  imageTagQuota: integer('image_tag_quota', {
    initial: 128,
    about: 'Tags that one image may have',
    min: -1,
    max: 1_000_000,
  }),
  imageCountTotal: integer('image_count_total', {
    initial: -1,
    about: 'Images that one project may have',
    min: -1,
    max: maxQuota,
  }),
  imageSizeTotal: integer('image_size_total', {
    initial: -1,
    about: 'MiB of data that one project may have',
    min: -1,
    max: maxQuota,
  }),
  imageStageTotal: integer('image_stage_total', {
    initial: -1,
    about: 'MiB of data that one project may have waiting to be imported',
    min: -1,
    max: maxQuota,
  }),
  imageCountUploading: integer('image_count_uploading', {
    initial: -1,
    about: 'Uploads that one project may have under way',
    min: -1,
    max: maxQuota,
  }),
} as const satisfies Partial<Settings>;

const images = {
  showMultipleLocations: flag('show_multiple_locations', {
    initial: false,
    about:
      'Tells owners where the data of their images lies, and lets them [change that](stores.md#locations-of-images)',
  }),
  showImageDirectUrl: flag('show_image_direct_url', {
    initial: false,
    about: 'Tells owners from which URL the data of their images is read first',
  }),
  delayedDelete: flag('delayed_delete', {
    initial: false,
    about: 'Keeps the data of deleted images for a while, so that an admin can restore them',
  }),
  scrubTime: integer('scrub_time', {
    initial: 0,
    about: 'Seconds for which it is kept at least',
    min: 0,
    max: 10 * 365 * 24 * 3600,
  }),
  wakeupTime: integer('wakeup_time', {
    initial: 300,
    about: 'Seconds between two looks for data whose time is over',
    min: 1,
    max: 24 * 3600,
  }),
  ...imageFormatSettings,
  shareWarning: integer('share_warning', {
    initial: 24 * 3600,
    about: 'Seconds before the end of a share at which both sides are told of it',
    min: 0,
    max: 365 * 24 * 3600,
  }),
  eventRetention: integer('event_retention', {
    initial: 7 * 24 * 3600,
    about: 'Seconds for which programs that listen can have the events of a project again',
    min: 60,
    max: 365 * 24 * 3600,
  }),
  uploadExpiry: integer('upload_expiry', {
    initial: 24 * 3600,
    about:
      'Seconds for which an upload that can be resumed is kept while nothing comes to it; what it set aside is free then',
    min: 1,
    max: 365 * 24 * 3600,
  }),
  verifyReads: flag('verify_reads', {
    initial: true,
    about:
      'Compares what is read for callers with its checksums on the way, so that damaged data is never passed on as whole; without it a download takes about half of the processor',
  }),
  dataScrubRate: integer('data_scrub_rate', {
    initial: 50,
    about:
      'MiB a second at most that are read to see whether data is still what it was; 0 reads none',
    min: 0,
    max: 1024 * 1024,
  }),
  dataScrubInterval: integer('data_scrub_interval', {
    initial: 7 * 24 * 3600,
    about: 'Seconds within which all data is read, where the rate allows it',
    min: 60,
    max: 10 * 365 * 24 * 3600,
  }),
  imageSchema,
  propertyProtection,
} as const satisfies Partial<Settings>;

const events = {
  ...notificationSettings,
  ...webhookSettings,
} as const satisfies Partial<Settings>;

/** The settings as operators read of them. */
export const settingSections: readonly {
  readonly title: string;
  readonly settings: Partial<Settings>;
}[] = [
  { title: 'The service', settings: service },
  { title: 'The database', settings: databaseSettings },
  { title: 'The network', settings: networkSettings },
  { title: 'Answers', settings: http },
  { title: 'Identity and policy', settings: identity },
  { title: 'Keystone', settings: identitySettings },
  { title: 'Quotas', settings: quotas },
  { title: 'Images', settings: images },
  { title: 'Stores', settings: { ...storeSettings, stores: storeList, ...imageCacheSettings } },
  { title: 'Tasks and import', settings: importSettings },
  { title: 'URLs of callers', settings: webSettings },
  { title: 'Events', settings: events },
  { title: 'Mail', settings: mailSettings },
];

/** Every setting, by the name that the service's parts know it by. */
export const settings: Settings = {
  ...service,
  ...databaseSettings,
  ...networkSettings,
  ...http,
  ...identity,
  ...identitySettings,
  ...quotas,
  ...images,
  ...storeSettings,
  stores: storeList,
  ...imageCacheSettings,
  ...importSettings,
  ...webSettings,
  ...events,
  ...mailSettings,
};

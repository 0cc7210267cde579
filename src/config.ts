import { parse } from 'yaml';
import type { SchemaAdditions } from './api/schema-additions.ts';
import { imageSchema } from './config/image-schema.ts';
import { corsAllowedOrigins } from './config/origins.ts';
import { policies } from './config/policies.ts';
import { propertyProtection } from './config/property-protection.ts';
import { flag, integer, names, type ReadText, type Setting, text } from './config/setting.ts';
import type { PolicyOverrides } from './domain/policy.ts';
import type { PropertySection } from './domain/property-protection.ts';

/** Everything that an operator may set; read once at start and passed down. */
export interface Config {
  readonly host: string;
  /** 0 picks a free port. */
  readonly port: number;
  readonly dataDir: string;
  /** The URL of the service as clients reach it; else links follow the request. */
  readonly publicEndpoint: string | undefined;
  readonly logLevel: LogLevel;
  /** Seconds for which a token of the embedded identity service is valid. */
  readonly tokenLifetime: number;
  readonly listLimitDefault: number;
  readonly listLimitMax: number;
  /** Bytes; negative for no limit, like every quota. */
  readonly imageSizeCap: number;
  readonly imageMemberQuota: number;
  readonly imagePropertyQuota: number;
  readonly imageTagQuota: number;
  /** Images that one project may have. */
  readonly imageCountTotal: number;
  /** MiB of data that one project may have. */
  readonly imageSizeTotal: number;
  /** MiB of data that one project may have waiting to be imported. */
  readonly imageStageTotal: number;
  /** Uploads that one project may have under way. */
  readonly imageCountUploading: number;
  /** Whether the data of deleted images is kept for a while. */
  readonly delayedDelete: boolean;
  /** Seconds for which it is kept at least. */
  readonly scrubTime: number;
  /** Seconds between two looks for data whose time is over. */
  readonly wakeupTime: number;
  /** Where events go; `noop` writes none. */
  readonly notificationDriver: NotificationDriver;
  /** What events name as their origin. */
  readonly defaultPublisherId: string;
  /** Types and groups of events that are not written. */
  readonly disabledNotifications: readonly string[];
  /** Bytes that uploads must leave free on the disk. */
  readonly minFreeBytes: number;
  readonly corsAllowedOrigins: readonly string[];
  /** Whether long JSON answers are compressed for clients that take gzip. */
  readonly compressJson: boolean;
  readonly policies: PolicyOverrides;
  readonly imageSchema: SchemaAdditions;
  /** Null for no protection. */
  readonly propertyProtection: readonly PropertySection[] | null;
}

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

export type LogLevel = (typeof logLevels)[number];

const notificationDrivers = ['noop', 'log'] as const;

type NotificationDriver = (typeof notificationDrivers)[number];

/** Every problem of a configuration at once, each with its setting and what was wanted. */
export class ConfigError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`The configuration has problems:\n${problems.map((line) => `  - ${line}`).join('\n')}`);
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

const mib = 1024 * 1024;

/** Its MiB in bytes are still a safe number. */
const maxQuota = 2 ** 32;

const settings: { readonly [Name in keyof Config]: Setting<Config[Name]> } = {
  host: text('host', '127.0.0.1', 'an address to listen on'),
  port: integer('port', 9292, 0, 65_535),
  dataDir: text('data_dir', './data', 'the path of a folder'),
  publicEndpoint: {
    key: 'public_endpoint',
    initial: undefined,
    read: readUrl,
    wanted: 'an http or https URL without a query',
  },
  logLevel: {
    key: 'log_level',
    initial: 'info',
    read: (value) => logLevels.find((level) => level === value),
    wanted: `one of ${logLevels.join(', ')}`,
  },
  tokenLifetime: integer('token_lifetime', 3600, 60, 7 * 24 * 3600),
  listLimitDefault: integer('limit_param_default', 25, 1, 10_000),
  listLimitMax: integer('api_limit_max', 1000, 1, 10_000),
  imageSizeCap: integer('image_size_cap', 1024 * 1024 * mib, -1, Number.MAX_SAFE_INTEGER),
  imageMemberQuota: integer('image_member_quota', 128, -1, 1_000_000),
  imagePropertyQuota: integer('image_property_quota', 128, -1, 1_000_000),
  imageTagQuota: integer('image_tag_quota', 128, -1, 1_000_000),
  imageCountTotal: integer('image_count_total', -1, -1, maxQuota),
  imageSizeTotal: integer('image_size_total', -1, -1, maxQuota),
  imageStageTotal: integer('image_stage_total', -1, -1, maxQuota),
  imageCountUploading: integer('image_count_uploading', -1, -1, maxQuota),
  delayedDelete: flag('delayed_delete', false),
  scrubTime: integer('scrub_time', 0, 0, 10 * 365 * 24 * 3600),
  wakeupTime: integer('wakeup_time', 300, 1, 24 * 3600),
  notificationDriver: {
    key: 'notification_driver',
    initial: 'noop',
    read: (value) => notificationDrivers.find((driver) => driver === value),
    wanted: `one of ${notificationDrivers.join(', ')}`,
  },
  defaultPublisherId: text('default_publisher_id', 'image.localhost', 'a name'),
  disabledNotifications: names('disabled_notifications', 'a list of types of events'),
  minFreeBytes: integer('min_free_bytes', 256 * mib, 0, Number.MAX_SAFE_INTEGER),
  corsAllowedOrigins,
  compressJson: flag('compress_json', false),
  policies,
  propertyProtection,
  imageSchema,
};

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the configuration: the environment before the file before the defaults.
 *
 * @param readText gives the text of the YAML file that `VITRINE_CONFIG` names; without it none is read
 * @throws ConfigError with every problem there is
 */
export function loadConfig(environment: Environment, readText: ReadText | undefined): Config {
  const problems: string[] = [];
  const path = environment['VITRINE_CONFIG'];
  const file = path && readText ? readFile(() => readText(path), path, problems) : new Map();
  const entries = Object.entries(settings).map(([name, setting]) => [
    name,
    settingValue(setting as Setting<unknown>, { environment, file, readText }, problems),
  ]);
  if (problems.length > 0) throw new ConfigError(problems);
  return Object.fromEntries(entries) as Config;
}

interface Sources {
  readonly environment: Environment;
  readonly file: ReadonlyMap<string, unknown>;
  readonly readText: ReadText | undefined;
}

function settingValue(
  setting: Setting<unknown>,
  { environment, file, readText }: Sources,
  problems: string[],
): unknown {
  const variable = `VITRINE_${setting.key.toUpperCase()}`;
  const given = environment[variable];
  const isInEnvironment = given !== undefined && given !== '';
  if (!isInEnvironment && !file.has(setting.key)) return setting.initial;
  const name = isInEnvironment ? variable : setting.key;
  const told: string[] = [];
  const tell = (problem: string) => told.push(`${name}: ${problem}.`);
  const value = setting.read(isInEnvironment ? given : file.get(setting.key), tell, readText);
  if (value === undefined && told.length === 0) told.push(`${name}: ${setting.wanted} is wanted.`);
  problems.push(...told);
  return value;
}

function readFile(
  text: () => string,
  path: string,
  problems: string[],
): ReadonlyMap<string, unknown> {
  let content: unknown;
  try {
    content = parse(text()) ?? {};
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    problems.push(`VITRINE_CONFIG: ${path} cannot be read as YAML: ${why}`);
    return new Map();
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    problems.push(`VITRINE_CONFIG: ${path} must be a mapping of settings to values.`);
    return new Map();
  }
  const known = new Set(Object.values(settings).map(({ key }) => key));
  const unknown = Object.keys(content).filter((key) => !known.has(key));
  problems.push(...unknown.map((key) => `${key}: is no setting. Known: ${[...known].join(', ')}.`));
  return new Map(Object.entries(content));
}

function readUrl(value: unknown): string | undefined {
  if (typeof value !== 'string' || !URL.canParse(value)) return undefined;
  const url = new URL(value);
  const isPlain = /^https?:$/.test(url.protocol) && url.search === '' && url.hash === '';
  return isPlain && url.username === '' ? value.replace(/\/+$/, '') : undefined;
}

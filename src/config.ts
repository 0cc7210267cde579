import type { SchemaAdditions } from './api/schema-additions.ts';
import { checkDatabase, type DatabaseConfig } from './config/database.ts';
import type { ImageCacheConfig } from './config/image-cache.ts';
import type { ImageFormatConfig } from './config/image-format.ts';
import type { ImportConfig } from './config/imports.ts';
import { type IdentityConfig, keystoneSettingsOf } from './config/keystone.ts';
import { checkMail, type MailConfig } from './config/mail.ts';
import { certificateFilesOf, checkAccelRedirect, type NetworkConfig } from './config/network.ts';
import { checkNotifications, type NotificationConfig } from './config/notifications.ts';
import type { ReadText, Setting } from './config/setting.ts';
import { type logLevels, settings } from './config/settings.ts';
import {
  type Environment,
  type Given,
  givenFor,
  readSources,
  type Sources,
  unknownVariables,
} from './config/sources.ts';
import { chosenStores } from './config/store-choice.ts';
import type { StoreEntry } from './config/store-list.ts';
import type { StoreConfig } from './config/stores.ts';
import type { WebConfig } from './config/web.ts';
import type { WebhookConfig } from './config/webhooks.ts';
import type { AuditLevel } from './domain/audit.ts';
import type { PolicyOverrides } from './domain/policy.ts';
import type { PropertySection } from './domain/property-protection.ts';
import type { NameSharing } from './domain/recipient.ts';

/** Everything that an operator may set; read once at start and passed down. */
export interface Config
  extends DatabaseConfig,
    IdentityConfig,
    ImageFormatConfig,
    ImportConfig,
    MailConfig,
    NetworkConfig,
    NotificationConfig,
    StoreConfig,
    ImageCacheConfig,
    WebConfig,
    WebhookConfig {
  readonly host: string;
  /** 0 picks a free port. */
  readonly port: number;
  readonly dataDir: string;
  /** Where images lie; empty for a folder in the data folder. */
  readonly filesystemStoreDatadir: string;
  /** Several stores; none for the one that `store` says. */
  readonly stores: readonly StoreEntry[];
  /** The URL of the service as clients reach it; else links follow the request. */
  readonly publicEndpoint: string | undefined;
  readonly logLevel: (typeof logLevels)[number];
  /** Which requests leave a line that tells who did what to which image. */
  readonly audit: AuditLevel;
  /** Seconds for which a token of the embedded identity service is valid. */
  readonly tokenLifetime: number;
  /** Where the catalog of the embedded identity service says that the service is. */
  readonly region: string;
  /** Application credentials that one user may have; negative for no limit. */
  readonly applicationCredentialLimit: number;
  /** Seconds for which a key signs tokens; 0 for ever. */
  readonly signingKeyRotation: number;
  /** Wrong passwords in a row after which a user is locked out; 0 for never. */
  readonly lockoutFailures: number;
  /** Seconds for which a user is locked out. */
  readonly lockoutSeconds: number;
  /** Characters that a new password must have at least. */
  readonly passwordMinLength: number;
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
  /** Whether owners are told of all places of their images' data, and may change them. */
  readonly showMultipleLocations: boolean;
  /** Whether they are told of the one that is read first. */
  readonly showImageDirectUrl: boolean;
  /** Places that the data of one image may have; -1 for no limit. */
  readonly imageLocationQuota: number;
  readonly delayedDelete: boolean;
  /** Seconds for which it is kept at least. */
  readonly scrubTime: number;
  /** Seconds between two looks for data whose time is over. */
  readonly wakeupTime: number;
  /** How long before the end of a share both sides are told of it, s. */
  readonly shareWarning: number;
  /** For how long events of a project can be had again, s. */
  readonly eventRetention: number;
  /** For how long an upload that can be resumed is kept while nothing comes to it, s. */
  readonly uploadExpiry: number;
  /** Whether what is read for callers is compared with its checksums on the way. */
  readonly verifyReads: boolean;
  /** MiB a second at most that are read to see whether data is still what it was; 0 reads none. */
  readonly dataScrubRate: number;
  /** Seconds within which all data is read. */
  readonly dataScrubInterval: number;
  /** Bytes that uploads must leave free on the disk. */
  readonly minFreeBytes: number;
  readonly corsAllowedOrigins: readonly string[];
  /** Whether long JSON answers are compressed for clients that take gzip. */
  readonly compressJson: boolean;
  /** Whether people find a web console at `/console`. */
  readonly console: boolean;
  /** What becomes of member ids that are no project's. */
  readonly shareByName: NameSharing;
  readonly policies: PolicyOverrides;
  readonly imageSchema: SchemaAdditions;
  /** Null for no protection. */
  readonly propertyProtection: readonly PropertySection[] | null;
}

/** Every problem of a configuration at once, each with its setting and what was wanted. */
export class ConfigError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`The configuration has problems:\n${problems.map((line) => `  - ${line}`).join('\n')}`);
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/** A setting as it stands. */
export interface SettingState {
  readonly setting: Setting<unknown>;
  /** What the operator gave; undefined where the initial value holds. */
  readonly given: Given | undefined;
}

/** A configuration as it was given, right or wrong. */
export interface ReadConfig {
  /** Usable only without problems. */
  readonly config: Config;
  readonly states: readonly SettingState[];
  readonly problems: readonly string[];
  /** What does not keep the service from starting, but may not be what was meant. */
  readonly warnings: readonly string[];
}

/**
 * Reads the configuration: the environment before the file before the defaults.
 *
 * @param readText gives the text of the YAML file that `VITRINE_CONFIG` names; without it none is read
 */
export function readConfig(environment: Environment, readText: ReadText | undefined): ReadConfig {
  const all = Object.entries(settings as Readonly<Record<string, Setting<unknown>>>);
  const known = all.map(([, setting]) => setting);
  const sources = readSources(environment, readText, known);
  const problems = [...sources.problems];
  const values = all.map(([name, setting]) => [name, readSetting(setting, sources, problems)]);
  const config = Object.fromEntries(values) as Config;
  keystoneSettingsOf(config, (problem) => problems.push(problem));
  certificateFilesOf(config, (problem) => problems.push(problem));
  checkAccelRedirect(config, (problem) => problems.push(problem));
  checkDatabase(config, (problem) => problems.push(problem));
  checkMail(config, (problem) => problems.push(problem));
  checkNotifications(config, (problem) => problems.push(problem));
  // What could not be read has been told of, and is undefined.
  if (Array.isArray(config.stores)) chosenStores(config, (problem) => problems.push(problem));
  return {
    config,
    states: known.map((setting) => ({ setting, given: givenFor(setting, sources) })),
    problems,
    warnings: unknownVariables(environment, known),
  };
}

/** As `readConfig`. @throws ConfigError with every problem there is */
export function loadConfig(environment: Environment, readText: ReadText | undefined): Config {
  const { config, problems } = readConfig(environment, readText);
  if (problems.length > 0) throw new ConfigError(problems);
  return config;
}

function readSetting(setting: Setting<unknown>, sources: Sources, problems: string[]): unknown {
  const given = givenFor(setting, sources);
  if (!given) return setting.initial;
  const inFile = sources.file.get(setting.key) === given;
  const name = inFile ? `${given.place}: ${setting.key}` : given.place;
  const told: string[] = [];
  const tell = (problem: string) => told.push(`${name}: ${problem}.`);
  const value = setting.read(given.value, tell, sources.readText);
  if (value === undefined && told.length === 0) told.push(`${name}: ${setting.wanted} is wanted.`);
  problems.push(...told);
  return value;
}

import type { AddressInfo } from 'node:net';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { parseImageDraft } from './api/image-draft.ts';
import { imageSchemaWith } from './api/image-schema.ts';
import type { JsonObject } from './api/json-body.ts';
import { formatRulesOf } from './config/image-format.ts';
import { unpackingOf } from './config/imports.ts';
import { type KeystoneSettings, keystoneSettingsOf } from './config/keystone.ts';
import { networkOf } from './config/network.ts';
import { webTimesOf } from './config/web.ts';
import { type Config, ConfigError } from './config.ts';
import { conversionOf } from './conversion-parts.ts';
import { makeDataDir, reasonOf } from './data-dir.ts';
import type { Database } from './database/database.ts';
import { getSecret } from './database/secrets.ts';
import { policyOf } from './domain/policy.ts';
import { noProtection, protectionBy } from './domain/property-protection.ts';
import type { ProjectLimits } from './domain/quota.ts';
import { eventsOf, webhookServices } from './event-parts.ts';
import { type AppOptions, buildApp } from './http/app.ts';
import type { AuditRecord } from './http/audit.ts';
import type { ConnectionTimes, Network } from './http/network.ts';
import type { Directory } from './identity/directory.ts';
import type { FirstSecret } from './identity/first-secrets.ts';
import type { PasswordCost } from './identity/passwords.ts';
import { mailKeyOf, mailServices } from './mail-parts.ts';
import { objectsOf } from './object-parts.ts';
import {
  httpSourceOf,
  lockFolder,
  openCache,
  openDatabaseOf,
  openStores,
  webOf,
  webOfRegions,
} from './open-parts.ts';
import { packageRoot } from './package-root.ts';
import { acceptRulesService } from './service/accept-rules.ts';
import { accessRequestsService } from './service/access-requests.ts';
import { watchedPolicy } from './service/audit.ts';
import { eventFeed } from './service/event-feed.ts';
import { exportWork } from './service/export-work.ts';
import { familiesService } from './service/families.ts';
import { type FirstStartOptions, makeFirstAccounts, refreshClouds } from './service/first-start.ts';
import { type EmbeddedIdentity, openIdentity } from './service/identity/open-identity.ts';
import { imageCacheControl } from './service/image-cache.ts';
import { type ImageData, type ImageDataOptions, imageDataService } from './service/image-data.ts';
import { imageLocations } from './service/image-locations.ts';
import { type ImagesOptions, imagesService } from './service/images.ts';
import type { ConversionOptions } from './service/import-conversion.ts';
import { forgottenDataJob } from './service/import-data.ts';
import { importSource } from './service/import-source.ts';
import { importTaskWork } from './service/import-task-work.ts';
import { type ImportWorkOptions, importWork } from './service/import-work.ts';
import { type ImportsOptions, importsService } from './service/imports.ts';
import { inboxService } from './service/inbox.ts';
import { type Job, startJobs } from './service/jobs.ts';
import { locationLooks } from './service/location-looks.ts';
import { locationWork } from './service/location-work.ts';
import { locationsService } from './service/locations.ts';
import { membersService } from './service/members.ts';
import { namesService } from './service/names.ts';
import { type PendingDeletesOptions, pendingDeletesService } from './service/pending-deletes.ts';
import { policyCheckService } from './service/policy-check.ts';
import { projectEventsService } from './service/project-events.ts';
import { quotasService } from './service/quotas.ts';
import { readersService } from './service/readers.ts';
import { recipientsService } from './service/recipients.ts';
import { regions } from './service/regions.ts';
import { sealedMarkers } from './service/sealed-markers.ts';
import { shareChanges } from './service/share-changes.ts';
import { shareDownloads } from './service/share-downloads.ts';
import { shareExpiryJob } from './service/share-expiry.ts';
import { shareGroupsService } from './service/share-groups.ts';
import { shareLogsService } from './service/share-logs.ts';
import { shareWithdrawalsService } from './service/share-withdrawals.ts';
import { sharesService } from './service/shares.ts';
import { stagingService } from './service/staging.ts';
import { storeCopiesService } from './service/store-copies.ts';
import { switchesService } from './service/switches.ts';
import { tagsService } from './service/tags.ts';
import { type TaskOrdersOptions, taskOrdersService } from './service/task-orders.ts';
import { taskRunner } from './service/task-runner.ts';
import { startTokenSweep, taskTokens } from './service/task-tokens.ts';
import { tasksService } from './service/tasks.ts';
import { type Report, unwantedData } from './service/unwanted-data.ts';
import { uploadRoom } from './service/upload-room.ts';
import { type Uploads, uploadsService } from './service/uploads.ts';
import {
  type Verification,
  type VerificationOptions,
  verificationService,
} from './service/verification.ts';
import type { ImageCache } from './store/cache/image-cache.ts';
import { type Hashers, hashers } from './store/hashing.ts';
import { StoreError } from './store/store.ts';
import type { Stores } from './store/stores.ts';

import { storeWatch } from './store/watched-store.ts';
import { watchService } from './watched-service.ts';

/** A service that takes requests. */
export interface RunningService {
  /** Where it listens, without a slash at its end. */
  readonly url: string;
  /** The logins of the first accounts; none without accounts of its own. */
  readonly cloudsFile: string | undefined;
  /** Lets running requests finish for a while, cuts the rest, and leaves everything on disk. */
  stop(): Promise<void>;
}

/** How long running requests may go on once the service stops, ms; the process ends soon after. */
const graceTime = 4000;

export interface StartOptions {
  /** What is to differ from the times that the configuration gives connections. */
  readonly times?: Partial<ConnectionTimes> | undefined;
  /** Passwords for the first accounts, whose hashing has begun already. */
  readonly secrets?: readonly FirstSecret[] | undefined;
  /** Which of several processes with one data folder this is; the folder has one for each. */
  readonly worker?: number | undefined;
  /** Told when the embedded database may not be used any more, and the process has to end for another. */
  readonly onDatabaseFailure?: ((cause: unknown) => void) | undefined;
  /** What hashing a password costs from now on, where it is not to be the default. */
  readonly passwordCost?: PasswordCost | undefined;
  /** Where the built console is, where it is not at its usual place. */
  readonly consoleFolder?: string | undefined;
}

/** Where `npm run build:console` leaves what it makes. */
const builtConsole = join(packageRoot, 'build', 'console');

/**
 * Starts the service: the only function that knows every part.
 */
export async function startService(
  config: Config,
  log: Logger,
  {
    times,
    secrets,
    worker,
    passwordCost,
    consoleFolder = builtConsole,
    onDatabaseFailure,
  }: StartOptions = {},
): Promise<RunningService> {
  const { dataDir, ownDir } = foldersOf(config, worker);
  await using parts = new AsyncDisposableStack();
  parts.use(lockFolder(ownDir, dataDir));
  const report = (message: string, cause: unknown) => log.error({ err: cause }, message);
  const kept = { report, onDatabaseFailure, readRequests: { count: 0 } };
  const database = parts.use(await openDatabaseOf(config, ownDir, kept));
  const folders = { dataDir, ownDir, report };
  const { stores, watch, hashing, cache } = parts.use(await openWatchedStores(config, folders));
  const callers = parts.use(
    await callersOf(config, { database, dataDir, secrets, passwordCost, log }),
  );

  const unwanted = unwantedData({ database, stores, report });
  parts.defer(() => unwanted.settled());
  const events = eventsOf(config, { database, log, report });
  parts.use(events.startDelivering());
  const verification = verificationOf(config, { database, stores, cache, events, report });
  parts.defer(() => verification.settled());
  const image = { database, stores, cache, unwantedData: unwanted, events, verification, report };
  const markerKey = await getSecret(database, 'markers of lists');
  const mailKey = await mailKeyOf(database);
  const conversion = await conversionOf(config, { dataDir, worker });
  const services = imageServices(
    config,
    { ...image, markerKey, mailKey, conversion, hashers: hashing },
    callers,
  );
  await recoverData(services);
  parts.defer(() => settled(services));
  for (const part of startWork(services)) parts.use(part);
  parts.use(unwanted.startRemoving());
  const jobs = [...jobsOf(services), verification.job, forgottenDataJob(image)];
  parts.use(await startJobs({ database, jobs, report }));

  const stopping = new AbortController();
  const counted = { ...image, room: services.room, storeWatch: watch, worker };
  const watched = parts.use(watchService(config, counted));
  const network = networkWith(config, times);
  const app = buildApp({
    ...services,
    ...callers.app,
    ...httpSettings(config, log),
    consoleFolder: config.console ? consoleFolder : undefined,
    ...watched.app,
    readRequests: kept.readRequests,
    network,
    log,
    stopping: stopping.signal,
  });
  await listen(app, config, worker !== undefined);
  parts.defer(() => app.close());
  const url = urlOf(config, portOf(app.server.address()));

  await callers.ready(url);

  const running = parts.move();
  return {
    url,
    cloudsFile: callers.cloudsFile,
    async stop() {
      const cut = setTimeout(() => {
        stopping.abort(new Error('The service stops.'));
        app.server.closeAllConnections();
      }, network.times.drain + graceTime);
      await running.disposeAsync();
      clearTimeout(cut);
    },
  };
}

/** The folder of all processes, and that of this one, which is the same where it is the only one. */
function foldersOf({ dataDir: folder }: Config, worker: number | undefined) {
  const dataDir = resolve(folder);
  const ownDir = worker === undefined ? dataDir : join(dataDir, 'workers', String(worker));
  for (const one of [dataDir, ownDir]) makeDataDir(one);
  return { dataDir, ownDir };
}

/** The stores, and what counts how they fare. */
async function openWatchedStores(
  config: Config,
  {
    dataDir,
    ownDir,
    report,
  }: { readonly dataDir: string; readonly ownDir: string; readonly report: Report },
) {
  const pairs = Math.max(1, Math.floor(availableParallelism() / 2));
  const watch = storeWatch();
  await using parts = new AsyncDisposableStack();
  const hashing = parts.use(hashers({ pairs }));
  const stores = parts.use(
    await openStores(config, { dataDir, hashers: hashing, watch: watch.watch }),
  );
  const cache = await openCache(config, { ownDir, hashers: hashing, report });
  if (cache) parts.use(cache);
  const rest = parts.move();
  return { stores, watch, hashing, cache, [Symbol.asyncDispose]: () => rest.disposeAsync() };
}

function networkWith(config: Config, times: StartOptions['times']): Network {
  const network = networkOf(config);
  return { ...network, times: { ...network.times, ...times } };
}

/** What goes on by itself, to be ended in the opposite order. */
function startWork(services: ReturnType<typeof imageServices>): readonly AsyncDisposable[] {
  const { runner, feed, downloads, webhookDelivery, cacheControl } = services;
  const mail = services.mailDeliveries.map((delivery) => delivery.start());
  const tasks = [services.startTokenSweep(), runner.start()];
  return [...tasks, feed, downloads, webhookDelivery.start(), ...mail, cacheControl.start()];
}

/** What takes and gives data. */
interface Transfers {
  readonly imageData: ImageData;
  readonly uploads: Uploads;
}

/** Resolves once everything begun is done. */
async function settled({ imageData, uploads }: Transfers): Promise<void> {
  await imageData.settled();
  await uploads.settled();
}

/** @throws Error for the operator, the store's own as its cause. */
async function recoverData({ imageData, uploads }: Transfers): Promise<void> {
  try {
    await imageData.recover();
    await uploads.recover();
  } catch (cause) {
    if (!(cause instanceof StoreError)) throw cause;
    throw new Error(`The store of image data cannot be used. ${cause.message}`, { cause });
  }
}

/** Who vouches for callers, as far as the rest must know. */
interface Callers extends AsyncDisposable {
  readonly app: Pick<
    AppOptions,
    'identity' | 'embeddedIdentity' | 'identityUrl' | 'keystoneSignIn'
  >;
  readonly directory: Directory;
  /** Milliseconds for which a name of the directory holds at most. */
  readonly nameTime: number;
  readonly cloudsFile: string | undefined;
  /** Does what is left once the service listens. */
  ready(url: string): Promise<void>;
}

interface CallersParts extends Pick<StartOptions, 'secrets' | 'passwordCost'> {
  readonly database: Database;
  readonly dataDir: string;
  readonly log: Logger;
}

async function callersOf(config: Config, parts: CallersParts): Promise<Callers> {
  const keystone = keystoneSettingsOf(config, (problem) => {
    throw new ConfigError([problem]);
  });
  return keystone ? keystoneCallers(keystone, parts.log) : embeddedCallers(config, parts);
}

async function keystoneCallers(settings: KeystoneSettings, log: Logger): Promise<Callers> {
  // Most services run without.
  const { keystoneIdentity } = await import('./identity/keystone/keystone-identity.ts');
  const identity = keystoneIdentity({ ...settings, log, now: Date.now });
  return {
    app: {
      identity,
      embeddedIdentity: undefined,
      keystoneSignIn: identity.signIn,
      identityUrl: settings.wwwAuthenticateUri,
    },
    directory: identity.directory,
    nameTime: settings.nameCacheTime,
    cloudsFile: undefined,
    async ready() {
      // Keystone may well start later: its operator is told, and requests try again.
      void identity.logIn();
    },
    [Symbol.asyncDispose]: async () => identity[Symbol.dispose](),
  };
}

async function embeddedCallers(
  config: Config,
  { database, dataDir, secrets, passwordCost }: CallersParts,
): Promise<Callers> {
  const embeddedIdentity = await openIdentity({
    database,
    tokenLifetime: config.tokenLifetime * 1000,
    keyRotation: config.signingKeyRotation * 1000,
    credentialLimit: config.applicationCredentialLimit,
    lockout: { failures: config.lockoutFailures, duration: config.lockoutSeconds * 1000 },
    minPasswordLength: config.passwordMinLength,
    ...(passwordCost && { passwordCost }),
  });
  const cloudsFile = join(dataDir, 'clouds.yaml');
  const authUrl = authUrlOf(config, urlOf(config));
  const { region } = config;
  const accounts = beginAccounts(embeddedIdentity, { cloudsFile, authUrl, region, secrets });
  return {
    app: {
      identity: embeddedIdentity.tokens,
      embeddedIdentity,
      keystoneSignIn: undefined,
      identityUrl: undefined,
    },
    directory: embeddedIdentity.directory,
    // One query tells as much, and as it is now.
    nameTime: 0,
    cloudsFile,
    async ready(url) {
      await accounts.made;
      await refreshClouds({ cloudsFile, authUrl: authUrlOf(config, url), region });
    },
    [Symbol.asyncDispose]: () => accounts[Symbol.asyncDispose](),
  };
}

/**
 * Makes the first accounts while the rest of the service starts: hashing passwords takes longer than
 * anything else in it, and other threads do that.
 */
function beginAccounts(identity: EmbeddedIdentity, options: FirstStartOptions) {
  const made = makeFirstAccounts(identity, options);
  // Should anything else fail first, the database stays open until this is done.
  const settled = made.catch(() => undefined);
  return { made, [Symbol.asyncDispose]: () => settled };
}

/**
 * @param isShared whether other processes listen there too, each for its share of the connections
 * @throws Error for the operator, the system's own as its cause
 */
async function listen(app: FastifyInstance, config: Config, isShared: boolean): Promise<void> {
  try {
    const { host, port } = config;
    const listenTextResolver = () => 'The service listens.';
    // Handed through, though the framework's types do not know it.
    const shared = isShared ? { reusePort: true } : {};
    await app.listen({ host, port, listenTextResolver, ...shared });
  } catch (cause) {
    const message = `Could not listen on ${urlOf(config)} (${reasonOf(cause)}). Set VITRINE_HOST and VITRINE_PORT to others, or stop what listens there.`;
    throw new Error(message, { cause });
  }
}

/** Writes what is audited among the log's lines, at every log level but `silent`. */
function auditWriter(log: Logger): (record: AuditRecord) => void {
  const lines = log.level === 'silent' ? log : log.child({}, { level: 'info' });
  return (audit) => lines.info({ audit }, `${audit.operation} ${audit.outcome}`);
}

/** What the operator decides about how the API answers. */
function httpSettings(config: Config, log: Logger) {
  return {
    audit: { level: config.audit, write: auditWriter(log) },
    imageSchema: imageSchemaWith(config.imageSchema),
    pageSizes: { default: config.listLimitDefault, max: config.listLimitMax },
    publicEndpoint: config.publicEndpoint,
    region: config.region,
    allowedOrigins: config.corsAllowedOrigins,
    compressesJson: config.compressJson,
  };
}

/** What looks whether data is still what it was. */
function verificationOf(
  config: Config,
  parts: Pick<VerificationOptions, 'database' | 'stores' | 'cache' | 'events' | 'report'>,
): Verification {
  return verificationService({
    ...parts,
    verifiesReads: config.verifyReads,
    scrubRate: config.dataScrubRate * 1024 * 1024,
    scrubInterval: config.dataScrubInterval * 1000,
    clock: () => new Date(),
  });
}

interface ImageServiceParts
  extends Omit<
    ImageDataOptions,
    'certificates' | 'downloads' | 'quotas' | 'room' | 'policy' | 'formats' | 'clock'
  > {
  readonly markerKey: Buffer;
  readonly mailKey: Uint8Array;
  readonly conversion: ConversionOptions | undefined;
  readonly hashers: Hashers;
  readonly cache: ImageCache | undefined;
}

/** What the use cases have one process of all do from time to time. */
function jobsOf(services: ReturnType<typeof imageServices>): readonly Job[] {
  const { imageData, uploads, pendingDeletes, runner, feed, expiryJob } = services;
  const own = [pendingDeletes.job, runner.job, feed.job, services.webhookDelivery.job, expiryJob];
  const mail = services.mailDeliveries.map(({ job }) => job);
  return [...imageData.jobs, ...uploads.jobs, ...own, ...mail];
}

/** The use cases of the Images API. */
function imageServices(config: Config, parts: ImageServiceParts, { directory, nameTime }: Callers) {
  const quotas = quotasService({ database: parts.database, defaults: limitsOf(config) });
  const policy = watchedPolicy(policyOf(config.policies));
  const sections = config.propertyProtection;
  const protection = sections ? protectionBy(sections, policy) : noProtection;
  const basic = { ...parts, quotas, policy, protection, clock: () => new Date() };
  const recipients = recipientsService({ directory, mode: config.shareByName });
  const names = namesService({ database: parts.database, directory, cacheTime: nameTime });
  const markers = sealedMarkers(parts.markerKey);
  const downloads = shareDownloads(basic);
  const feed = eventFeed({ ...basic, retention: config.eventRetention * 1000 });
  const common = { ...basic, recipients, names, changes: shareChanges(basic), markers };
  const certificates = config.imgSignatureCertificatesDir;
  const unpacking = unpackingOf(config);
  const judging = { ...common, formats: formatRulesOf(config), certificates, unpacking };
  const room = uploadRoom(common);
  const data = { ...judging, downloads, room };
  const { runner, lookAtUrl, ...importing } = importServices(config, judging);
  const places = imageLocations({
    ...common,
    lookAtUrl,
    showsLocations: config.showMultipleLocations,
    showsDirectUrl: config.showImageDirectUrl,
    most: config.imageLocationQuota,
  });
  const cacheControl = imageCacheControl(common);
  const isStaging = config.enabledImportMethods.includes('glance-direct');
  return {
    room,
    ...recordServices(config, { ...common, runner, places, cache: cacheControl }),
    cacheControl,
    imageData: imageDataService(data),
    uploads: uploadsService({ ...data, timeToLive: config.uploadExpiry * 1000 }),
    verification: parts.verification,
    staging: isStaging ? stagingService(data) : undefined,
    runner,
    ...importing,
    copies: storeCopiesService(common),
    members: membersService(common),
    shares: sharesService(common),
    inbox: inboxService(common),
    names,
    feed,
    downloads,
    expiryJob: shareExpiryJob({ ...common, warning: config.shareWarning * 1000 }),
    accessRequests: accessRequestsService(common),
    acceptRules: acceptRulesService(common),
    shareLogs: shareLogsService(common),
    families: familiesService(common),
    groups: shareGroupsService(common),
    readers: readersService(common),
    withdrawals: shareWithdrawalsService(common),
    projectEvents: projectEventsService({ feed, policy }),
    ...webhookServices(config, common),
    ...mailServices(config, common),
    tags: tagsService(common),
    tasks: tasksService(common),
    switches: switchesService(common),
    policyCheck: policyCheckService(common),
    quotas,
  };
}

/** The records of images, and what is kept of deleted ones. */
function recordServices(
  config: Config,
  common: Omit<ImagesOptions & PendingDeletesOptions, 'delayedDelete' | 'scrubTime' | 'wakeupTime'>,
) {
  return {
    images: imagesService({ ...common, delayedDelete: config.delayedDelete }),
    pendingDeletes: pendingDeletesService({
      ...common,
      scrubTime: config.scrubTime * 1000,
      wakeupTime: config.wakeupTime * 1000,
    }),
  };
}

/** What brings data in without an upload to its place. */
function importServices(
  config: Config,
  common: ImageServiceParts &
    Omit<
      ImportWorkOptions & ImportsOptions,
      'source' | 'runner' | 'checkUrl' | 'injection' | 'regions' | 'storesAtOnce' | 'tokens'
    > &
    Pick<TaskOrdersOptions, 'protection'>,
) {
  const web = webOf(config, webTimesOf(config));
  const tokens = taskTokens();
  const urls = config.glanceDownloadRegions;
  const others = regions({ urls, web: webOfRegions(config), tokens });
  const objects = objectsOf(config, { tokens, hashers: common.hashers });
  const source = importSource({ ...common, web, regions: others, objects, tokens });
  const importing = { ...common, source, objects, storesAtOnce: config.maxParallelStores };
  const schema = imageSchemaWith(config.imageSchema);
  const draftOf = (properties: JsonObject) => parseImageDraft(properties, schema);
  const runner = taskRunner({
    ...common,
    works: {
      api_image_import: importWork(importing),
      import: importTaskWork({ ...importing, draftOf }),
      location_import: locationWork(common),
      export: exportWork({ ...common, objects, tokens }),
    },
    atOnce: config.taskPoolThreads,
    timeToLive: config.taskTimeToLive * 3600_000,
  });
  const checkUrl = (url: string, field: string) =>
    web.check(url, {
      field,
      signal: AbortSignal.timeout(config.webConnectTimeout * 1000),
    });
  const lookAtUrl = locationLooks({
    stores: common.stores,
    checkUrl,
    sourceFor: (field) => httpSourceOf(web, field),
  });
  const injection = config.injectMetadataProperties;
  const importRules = { methods: config.enabledImportMethods, stores: storeIds(common.stores) };
  return {
    runner,
    startTokenSweep: () => startTokenSweep({ ...common, tokens }),
    importRules,
    imports: importsService({ ...common, runner, checkUrl, injection, regions: others, tokens }),
    taskOrders: taskOrdersService({
      ...common,
      ...{ runner, checkUrl, draftOf, tokens },
      takesObjects: objects !== undefined,
    }),
    lookAtUrl,
    locations: locationsService({ ...common, runner, lookAtUrl }),
  };
}

/** What callers are told of; nothing where there is but one. */
function storeIds({ isSeveral, writable }: Stores): readonly string[] {
  return isSeveral ? writable.map(({ store }) => store.id) : [];
}

function limitsOf(config: Config): ProjectLimits {
  return {
    images: config.imageCountTotal,
    storage: config.imageSizeTotal,
    staging: config.imageStageTotal,
    uploads: config.imageCountUploading,
    members: config.imageMemberQuota,
    properties: config.imagePropertyQuota,
    tags: config.imageTagQuota,
    imageSize: config.imageSizeCap,
  };
}

/** The port that the system gave, where the configuration leaves it open. */
function portOf(address: string | AddressInfo | null): number | undefined {
  return typeof address === 'object' ? address?.port : undefined;
}

function urlOf({ host, port, tlsCertFile }: Config, actualPort = port): string {
  const scheme = tlsCertFile === undefined ? 'http' : 'https';
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${actualPort}`;
}

function authUrlOf(config: Config, url: string): string {
  return `${config.publicEndpoint ?? reachable(url)}/identity/v3`;
}

/** A service that listens on every address is reached at loopback from its own machine. */
function reachable(url: string): string {
  return url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:');
}

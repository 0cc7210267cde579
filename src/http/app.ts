import fastify, {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyRequest,
  type onRequestHookHandler,
} from 'fastify';
import type { PageSizes } from '../api/image-query.ts';
import type { ImageSchema } from '../api/image-schema.ts';
import type { ImportRules } from '../api/import-document.ts';
import { DomainError } from '../domain/errors.ts';
import type { ReadRequests } from '../domain/read-requests.ts';
import type { Identity } from '../identity/identity.ts';
import type { KeystoneSignIn } from '../identity/keystone/sign-in.ts';
import type { AcceptRules } from '../service/accept-rules.ts';
import type { AccessRequests } from '../service/access-requests.ts';
import type { Families } from '../service/families.ts';
import type { EmbeddedIdentity } from '../service/identity/open-identity.ts';
import type { ImageCacheControl } from '../service/image-cache.ts';
import type { ImageData } from '../service/image-data.ts';
import type { Images } from '../service/images.ts';
import type { Imports } from '../service/imports.ts';
import type { Inbox } from '../service/inbox.ts';
import type { Locations } from '../service/locations.ts';
import type { MailAddresses } from '../service/mail-addresses.ts';
import type { Members } from '../service/members.ts';
import type { Names } from '../service/names.ts';
import type { PendingDeletes } from '../service/pending-deletes.ts';
import type { PolicyCheck } from '../service/policy-check.ts';
import type { ProjectEvents } from '../service/project-events.ts';
import type { Quotas } from '../service/quotas.ts';
import type { Readers } from '../service/readers.ts';
import type { ShareGroups } from '../service/share-groups.ts';
import type { ShareLogs } from '../service/share-logs.ts';
import type { ShareWithdrawals } from '../service/share-withdrawals.ts';
import type { Shares } from '../service/shares.ts';
import type { Staging } from '../service/staging.ts';
import type { StoreCopies } from '../service/store-copies.ts';
import type { Switches } from '../service/switches.ts';
import type { Tags } from '../service/tags.ts';
import type { TaskOrders } from '../service/task-orders.ts';
import type { Tasks } from '../service/tasks.ts';
import type { Uploads } from '../service/uploads.ts';
import type { Verification } from '../service/verification.ts';
import type { Webhooks } from '../service/webhooks.ts';
import { actionRoutes } from './actions.ts';
import { type AuditOptions, auditRequests } from './audit.ts';
import { authentication } from './authentication.ts';
import { limitBodyTime, readBodies } from './body.ts';
import { cacheRoutes, olderCacheRoutes } from './cache.ts';
import { takeChangesInTurns } from './change-turns.ts';
import { closeWhenAnswered } from './closing.ts';
import { compressJson } from './compression.ts';
import { limitConnections } from './connection-limit.ts';
import { type ConsoleOptions, consolePath, consoleRoutes } from './console.ts';
import { allowOrigins } from './cors.ts';
import { downloadPassRoutes, downloadRoutes, tokenFromCookie } from './downloads.ts';
import { drainUnread } from './drain.ts';
import { errorHandler } from './error-handler.ts';
import { continueWhenRead } from './expectation.ts';
import { type HealthOptions, healthRoutes } from './health.ts';
import { identityRoutes } from './identity/identity-routes.ts';
import { imageDataRoutes } from './image-data.ts';
import { imageRoutes } from './images.ts';
import { importRoutes } from './imports.ts';
import { usageRoutes } from './info.ts';
import { keystoneSignInRoutes } from './keystone-sign-in.ts';
import { locationRoutes } from './locations.ts';
import type { LoopDelay } from './loop-delay.ts';
import { mailUnsubscriptionRoutes } from './mail-unsubscription.ts';
import { memberRoutes } from './members.ts';
import { refuseOtherMethods } from './method-not-allowed.ts';
import { countRequests } from './metrics/count-requests.ts';
import { type MetricsOptions, metricsRoutes, readersBy } from './metrics/routes.ts';
import { countOne, type Traffic } from './metrics/traffic.ts';
import { nameRoutes } from './names.ts';
import type { Network } from './network.ts';
import { refuseRareCharacters } from './path-text.ts';
import { pendingDeleteRoutes } from './pending-deletes.ts';
import { policyCheckRoutes } from './policy-check.ts';
import { showQuickly } from './quick-show.ts';
import { quotaRoutes } from './quotas.ts';
import { giveMethodBack, shareRoutes } from './rare-methods.ts';
import { limitAddresses, projectLimit } from './rate-limits.ts';
import { baseUrl } from './reply.ts';
import { nameRequest, requestId } from './request-id.ts';
import { type RequestLimit, requestLimit } from './request-limit.ts';
import { takeInSlices } from './request-slices.ts';
import { schemaRoutes } from './schemas.ts';
import { serverOptions } from './server-options.ts';
import { storeRoutes } from './stores.ts';
import { tagRoutes } from './tags.ts';
import { imageTaskRoutes, taskRoutes } from './tasks.ts';
import { tlsServing } from './tls.ts';
import {
  noIdentityRoutes,
  refuseTrailingSlash,
  unknownOperatorsRoutes,
  unknownRoutes,
} from './unknown-routes.ts';
import { type UploadPlaces, uploadPlaces } from './upload-places.ts';
import { pathsOf } from './version-routing.ts';
import { featuresOf, sendVersions, versionRoutes } from './versions.ts';
import { scrubRoutes } from './vitrine/scrub.ts';
import { sharingRoutes } from './vitrine/sharing-routes.ts';
import { uploadRoutes } from './vitrine/uploads.ts';

export interface AppOptions extends MetricsOptions, Omit<HealthOptions, 'isClosing'> {
  /** Counted here. */
  readonly traffic: Traffic;
  readonly delay: LoopDelay;
  readonly images: Images;
  /** Counted here. */
  readonly readRequests: ReadRequests;
  readonly imageData: ImageData;
  /** Undefined where no data is staged. */
  readonly staging: Staging | undefined;
  readonly uploads: Uploads;
  readonly imports: Imports;
  readonly importRules: ImportRules;
  readonly copies: StoreCopies;
  readonly cacheControl: ImageCacheControl;
  readonly locations: Locations;
  readonly members: Members;
  readonly shares: Shares;
  readonly inbox: Inbox;
  readonly projectEvents: ProjectEvents;
  readonly accessRequests: AccessRequests;
  readonly acceptRules: AcceptRules;
  readonly webhooks: Webhooks;
  readonly mail: MailAddresses;
  readonly families: Families;
  readonly groups: ShareGroups;
  readonly readers: Readers;
  readonly withdrawals: ShareWithdrawals;
  readonly shareLogs: ShareLogs;
  readonly names: Names;
  readonly tags: Tags;
  readonly tasks: Tasks;
  readonly taskOrders: TaskOrders;
  readonly switches: Switches;
  readonly policyCheck: PolicyCheck;
  readonly quotas: Quotas;
  readonly pendingDeletes: PendingDeletes;
  readonly verification: Verification;
  /** Who vouches for the tokens of the Images API. */
  readonly identity: Identity;
  /** The identity service to serve under `/identity`, if any. */
  readonly embeddedIdentity: EmbeddedIdentity | undefined;
  /** How the console signs people in at a Keystone, if there is one. */
  readonly keystoneSignIn: KeystoneSignIn | undefined;
  /** Where callers log in; the service's own when undefined. */
  readonly identityUrl: string | undefined;
  /** Where the identity service's catalog says that the services are. */
  readonly region: string;
  readonly pageSizes: PageSizes;
  readonly imageSchema: ImageSchema;
  readonly publicEndpoint: string | undefined;
  /** Whose pages may call the service from a browser. */
  readonly allowedOrigins: readonly string[];
  /** The folder of the built console, if the operator wants it. */
  readonly consoleFolder: ConsoleOptions['folder'];
  readonly compressesJson: boolean;
  readonly audit: AuditOptions;
  readonly network: Network;
  readonly log: FastifyBaseLogger;
  /** Aborted when the service stops for good: running transfers end then. */
  readonly stopping: AbortSignal;
}

/** The whole service over HTTP: what is public, the identity service, and the Images API behind a token. */
export function buildApp(options: AppOptions): FastifyInstance {
  const { network } = options;
  const tls = network.tls && tlsServing(network.tls, network);
  const pathOf = pathsOf(featuresOf(options));
  const app = fastify({
    ...serverOptions(network),
    ...(tls && { serverFactory: tls.serverFactory }),
    loggerInstance: options.log,
    // What is logged names its request itself: a logger for each would be made for the few that fail.
    childLoggerFactory: (log) => log,
    rewriteUrl(request) {
      shareRoutes(request);
      return pathOf(request);
    },
    genReqId(request) {
      giveMethodBack(request);
      return requestId(request);
    },
    // No hook has named a request that the framework refuses.
    frameworkErrors: (error, request, reply) => {
      errorHandler(error, request, reply.header('x-openstack-request-id', request.id));
    },
  });
  tls?.follow(app);
  limitConnections(app, network.maxConnections, options.traffic);
  continueWhenRead(app);
  drainUnread(app);
  const requests = requestLimit({ ...options, maxRequests: network.maxRequests });
  showQuickly(app, { ...options, requests });
  takeChangesInTurns(app, options.readRequests);
  takeInSlices(app, requests);
  countRequests(app, options.traffic);
  const closing = closeWhenAnswered(app, network.times.drain);
  limitBodyTime(app, network.times.body);
  app.setErrorHandler((error: FastifyError | DomainError, request, reply) => {
    if (error instanceof DomainError) countOne(options.traffic.refusals, error.code);
    errorHandler(error, request, reply);
  });
  app.setNotFoundHandler((request, reply) => sendVersions(request, reply, 300, options));

  allowOrigins(app, options.allowedOrigins);
  limitAddresses(app, network.rates.address);
  if (options.compressesJson) compressJson(app);

  const hasPage = options.consoleFolder !== undefined;
  const page = hasPage ? consolePath(options.publicEndpoint) : undefined;
  versionRoutes(app, { ...options, page });
  consoleRoutes(app, {
    folder: options.consoleFolder,
    identity: options.embeddedIdentity ? 'embedded' : 'keystone',
    publicEndpoint: options.publicEndpoint,
  });
  healthRoutes(app, { ...options, ...closing }, readersBy(options));
  metricsRoutes(app, options);
  identityApi(app, { ...options, requests });
  // One for both, so that a project's requests are counted together.
  const limited = {
    ...options,
    limitProject: projectLimit(network.rates.project),
    places: uploadPlaces(network.maxUploads, options.traffic),
    requests,
  };
  void app.register((scope) => imagesApi(scope, limited));
  void app.register((scope) => operatorsApi(scope, limited));
  void app.register((scope) => browserDownloads(scope, limited));
  void app.register((scope) => mailUnsubscriptionRoutes(scope, options.mail));
  const { consoleFolder, keystoneSignIn } = options;
  if (consoleFolder !== undefined && keystoneSignIn) {
    void app.register((scope) => keystoneSignInRoutes(scope, keystoneSignIn));
  }
  return app;
}

function identityApi(
  app: FastifyInstance,
  options: AppOptions & Pick<ApiOptions, 'requests'>,
): void {
  const { embeddedIdentity: identity, publicEndpoint, region, requests } = options;
  if (identity) {
    void app.register(identityRoutes, {
      prefix: '/identity',
      identity,
      publicEndpoint,
      region,
      requests,
    });
  } else {
    noIdentityRoutes(app);
  }
}

interface ApiOptions extends AppOptions {
  readonly limitProject: onRequestHookHandler | undefined;
  readonly places: UploadPlaces;
  readonly requests: RequestLimit;
}

async function imagesApi(app: FastifyInstance, options: ApiOptions): Promise<void> {
  behindToken(app, options);
  await refuseOtherMethods(app, async (routes) => {
    routes.addHook('onRequest', refuseRareCharacters);
    imageRoutes(routes, options);
    memberRoutes(routes, options.members);
    tagRoutes(routes, options.tags);
    actionRoutes(routes, options.switches);
    await imageDataRoutes(routes, options);
    importRoutes(routes, options);
    taskRoutes(routes, options);
    storeRoutes(routes, options.copies);
    cacheRoutes(routes, options.cacheControl);
    olderCacheRoutes(routes, options.cacheControl);
    locationRoutes(routes, options.locations);
    schemaRoutes(routes, options.imageSchema);
  });
  usageRoutes(app, options.quotas);
  imageTaskRoutes(app, options.tasks);
  unknownRoutes(app, options.publicEndpoint);
}

/** What is needed beside the Images API, which does not know of it. */
async function operatorsApi(app: FastifyInstance, options: ApiOptions): Promise<void> {
  behindToken(app, options);
  await refuseOtherMethods(app, async (routes) => {
    quotaRoutes(routes, options.quotas);
    policyCheckRoutes(routes, options.policyCheck);
    pendingDeleteRoutes(routes, options.pendingDeletes);
    nameRoutes(routes, options.names);
    sharingRoutes(routes, options);
    downloadPassRoutes(routes, options);
    scrubRoutes(routes, options.verification);
    await uploadRoutes(routes, options);
  });
  unknownOperatorsRoutes(app);
}

/** What a browser fetches by itself, for the console. */
async function browserDownloads(app: FastifyInstance, options: ApiOptions): Promise<void> {
  app.addHook('onRequest', tokenFromCookie);
  behindToken(app, options);
  await refuseOtherMethods(app, async (routes) => downloadRoutes(routes, options));
}

/** Every route of `app` knows its caller, and has its body as bytes. */
function behindToken(app: FastifyInstance, options: ApiOptions): void {
  const { publicEndpoint } = options;
  app.decorateRequest('caller');
  app.addHook('onRequest', nameRequest);
  options.requests.guard(app);
  const identityUrl = (request: FastifyRequest) =>
    options.identityUrl ?? `${baseUrl(request, publicEndpoint)}/identity`;
  auditRequests(app, options.audit, () =>
    app.addHook('onRequest', authentication(options.identity, identityUrl)),
  );
  if (options.limitProject) app.addHook('onRequest', options.limitProject);
  app.addHook('onRequest', refuseTrailingSlash);
  readBodies(app);
}

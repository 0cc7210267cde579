import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { AuditLevel } from '../domain/audit.ts';
import type { Caller } from '../domain/caller.ts';
import { decisionsOf, watchedCaller } from '../service/audit.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** What a request is about beside the image, where its path does not say so. */
    auditTarget?: string;
    /** The image that a request is about, where its path does not say so. */
    auditImage?: string;
  }
}

/** Who did what to which image, and what came of it. */
export interface AuditRecord {
  readonly request_id: string;
  /** Of the client, or of what stands between it and the service. */
  readonly address: string;
  /** Null where the token was not valid. */
  readonly user_id: string | null;
  readonly project_id: string | null;
  readonly roles: readonly string[];
  readonly operation: string;
  readonly image_id: string | null;
  /** The rest of what the path names: a member, a tag, a project. */
  readonly target: string | null;
  readonly outcome: 'allowed' | 'denied' | 'failed';
  readonly status: number;
  /** The rules that were asked, and what the refusing ones missed. */
  readonly rules: readonly {
    readonly rule: string;
    readonly allowed: boolean;
    readonly missing: readonly string[];
  }[];
}

export interface AuditOptions {
  readonly level: AuditLevel;
  /** Is done when it returns. */
  readonly write: (record: AuditRecord) => void;
}

/**
 * Lets every request of `app` that `level` asks for be told of, once it is answered or cut off.
 *
 * @param authenticate the hooks that give a request its caller
 */
export function auditRequests(
  app: FastifyInstance,
  { level, write }: AuditOptions,
  authenticate: () => void,
): void {
  if (level === 'none') {
    authenticate();
    return;
  }
  const isToldOf = (request: FastifyRequest) => level === 'all' || isChange(request);
  app.addHook('onRequest', (request, reply, done) => {
    // The end of the answer, or of the connection.
    if (isToldOf(request)) reply.raw.once('close', () => write(recordOf(request, reply)));
    done();
  });
  app.addHook('onResponse', (request, reply, done) => {
    if (!isToldOf(request) && isDenied(reply)) write(recordOf(request, reply));
    done();
  });
  authenticate();
  app.addHook('onRequest', (request, _reply, done) => {
    request.caller = watchedCaller(request.caller);
    done();
  });
}

function isChange({ method }: FastifyRequest): boolean {
  return method !== 'GET' && method !== 'HEAD';
}

function isDenied({ statusCode }: FastifyReply): boolean {
  return statusCode === 401 || statusCode === 403;
}

/** Paths and texts of callers' choice are cut there. */
const maxLength = 255;

function recordOf(request: FastifyRequest, reply: FastifyReply): AuditRecord {
  // A token that is not valid has no caller.
  const caller = request.caller as Caller | undefined;
  return {
    request_id: request.id,
    address: request.ip,
    user_id: caller?.userId ?? null,
    project_id: caller?.projectId ?? null,
    roles: [...(caller?.roles ?? [])],
    operation: operationOf(request),
    image_id: cut(parametersOf(request)['imageId'] ?? request.auditImage ?? createdImage(reply)),
    target: cut(targetOf(request)),
    outcome: outcomeOf(reply),
    status: reply.raw.statusCode,
    rules: caller ? decisionsOf(caller) : [],
  };
}

function outcomeOf(reply: FastifyReply): AuditRecord['outcome'] {
  if (isDenied(reply)) return 'denied';
  // An answer that never got its end was cut off.
  return reply.statusCode < 400 && reply.raw.writableFinished ? 'allowed' : 'failed';
}

function parametersOf({ params }: FastifyRequest): Readonly<Record<string, string>> {
  return (params ?? {}) as Readonly<Record<string, string>>;
}

function targetOf(request: FastifyRequest): string | undefined {
  const { memberId, tag, projectId, uploadId } = parametersOf(request);
  return request.auditTarget ?? memberId ?? tag ?? projectId ?? uploadId;
}

/** The image that a create has made, from where the answer says that it is. */
function createdImage(reply: FastifyReply): string | undefined {
  return String(reply.getHeader('location') ?? '')
    .split('/v2/images/')
    .at(1);
}

function cut(text: string | undefined): string | null {
  return text?.slice(0, maxLength) ?? null;
}

/** What a request does, in the words of the events; what has no word is named by its method and route. */
const operations: Readonly<Record<string, string>> = {
  'POST /v2/images': 'image.create',
  'GET /v2/images': 'image.list',
  'GET /v2/images/:imageId': 'image.show',
  'PATCH /v2/images/:imageId': 'image.update',
  'DELETE /v2/images/:imageId': 'image.delete',
  'PUT /v2/images/:imageId/file': 'image.upload',
  'POST /vitrine/v1/uploads': 'image.upload.begin',
  'PATCH /vitrine/v1/uploads/:uploadId': 'image.upload',
  'DELETE /vitrine/v1/uploads/:uploadId': 'image.upload.end',
  'GET /v2/images/:imageId/file': 'image.download',
  'POST /v2/images/:imageId/actions/deactivate': 'image.deactivate',
  'POST /v2/images/:imageId/actions/reactivate': 'image.reactivate',
  'PUT /v2/images/:imageId/tags/:tag': 'image.tag.add',
  'DELETE /v2/images/:imageId/tags/:tag': 'image.tag.delete',
  'POST /v2/images/:imageId/members': 'image.member.create',
  'GET /v2/images/:imageId/members': 'image.member.list',
  'GET /v2/images/:imageId/members/:memberId': 'image.member.show',
  'PUT /v2/images/:imageId/members/:memberId': 'image.member.update',
  'DELETE /v2/images/:imageId/members/:memberId': 'image.member.delete',
  'PUT /v2/images/:imageId/stage': 'image.stage',
  'POST /v2/images/:imageId/import': 'image.import',
  'DELETE /v2/stores/:storeId/:imageId': 'image.store.delete',
  'GET /v2/images/:imageId/tasks': 'image.task.list',
  'GET /v2/tasks': 'task.list',
  'GET /v2/tasks/:taskId': 'task.show',
  'DELETE /v2/tasks/:taskId': 'task.delete',
};

function operationOf({ method, routeOptions }: FastifyRequest): string {
  const route = `${method} ${routeOptions.url ?? ''}`;
  return operations[route] ?? route;
}

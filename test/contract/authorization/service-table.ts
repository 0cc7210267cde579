/** A call of the table. */
export interface ServiceCall {
  /** Method and path; `{thing}` is made or known by that name, see `things.ts`. */
  readonly send: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** What each call that is expected to go well has of its own. */
  readonly fresh?: 'project' | 'user' | 'role' | 'assignment' | 'credential' | 'token' | 'caller';
}

/** Who calls: by role on a project, by scope, from a project of another domain, without a token and with a false one. */
export const callers = [
  ...['admin', 'member', 'reader', 'service', 'none'],
  ...['unscoped', 'domain', 'system', 'abroad', 'nobody', 'forged'],
] as const;

export type Caller = (typeof callers)[number];

const tus = { 'tus-resumable': '1.0.0' };

/** Calls that are no line of the table as they stand. */
export const serviceCalls: Readonly<Record<string, ServiceCall>> = {
  'set quotas': {
    send: 'PUT /vitrine/v1/projects/{foreign project}/quotas',
    body: { quotas: { image_count_total: 5 } },
  },
  'share many': {
    send: 'POST /vitrine/v1/shares',
    body: { images: ['none'], members: ['any'], all_or_nothing: true },
  },
  'withdraw many': { send: 'POST /vitrine/v1/shares/withdrawals', body: { images: ['none'] } },
  'ask for an image': {
    send: 'POST /vitrine/v1/requests',
    body: { image_id: '{new}', reason: 'to try it' },
  },
  'approve a request': { send: 'POST /vitrine/v1/requests/none/approval', body: {} },
  'decline a request': { send: 'POST /vitrine/v1/requests/none/refusal', body: {} },
  'trust a producer': {
    send: 'POST /vitrine/v1/accept-rules',
    body: { producer: '{foreign project}' },
  },
  'make a webhook': { send: 'POST /vitrine/v1/webhooks', body: { url: 'http://127.0.0.1/' } },
  'add a mail address': {
    send: 'POST /vitrine/v1/mail',
    body: { address: 'somebody@example.org' },
  },
  'change a mail address': { send: 'PUT /vitrine/v1/mail/none', body: { mode: 'daily' } },
  'ask for a code': { send: 'POST /vitrine/v1/mail/none/code', body: {} },
  'verify a mail address': {
    send: 'POST /vitrine/v1/mail/none/verification',
    body: { code: '12345678' },
  },
  'send again to a webhook': {
    send: 'POST /vitrine/v1/webhooks/none/failures/redelivery',
    body: {},
  },
  'promote an image': {
    send: 'POST /vitrine/v1/families/{own project}/any/promotion',
    body: { image_id: '{new}' },
  },
  'deprecate an image': {
    send: 'PUT /vitrine/v1/families/{own project}/none/deprecations/any',
    body: { deprecated_at: '2030-01-01T00:00:00Z' },
  },
  'share a family': { send: 'PUT /vitrine/v1/families/{own project}/none/members/any', body: {} },
  'make a group': { send: 'PUT /vitrine/v1/groups/some', body: {} },
  'show an upload': { send: 'HEAD /vitrine/v1/uploads/any', headers: tus },
  'go on with an upload': {
    send: 'PATCH /vitrine/v1/uploads/any',
    body: '12345',
    headers: {
      ...tus,
      'upload-offset': '0',
      'content-type': 'application/offset+octet-stream',
    },
  },
  'end an upload': { send: 'DELETE /vitrine/v1/uploads/any', headers: tus },
  'answer offers': {
    send: 'POST /vitrine/v1/inbox/answers',
    body: { images: ['any'], answer: 'accepted' },
  },
  'ask about a rule': {
    send: 'POST /vitrine/v1/policy/check',
    body: { action: 'get_image', roles: ['reader'], relation: 'owner', visibility: 'shared' },
  },
};

/**
 * Who may call what has to do with no image: what a service says of itself is for everybody, and so is the console, which
 * nobody has built here; metrics are for this machine, where the test is; what the
 * Images API says of itself for every token of a project, and for unscoped ones; operators' calls for admins.
 * A token of a domain or of the system, that of an admin too, opens nothing below `/v2`.
 */
export const serviceTable = `
                                                  adm mem rea ser non unsc dom sys abr nobody forged
GET /                                             300 300 300 300 300 300  300 300 300 300    300
GET /versions                                     200 200 200 200 200 200  200 200 200 200    200
GET /versions/any                                 200 200 200 200 200 200  200 200 200 200    200
GET /v3/images                                    300 300 300 300 300 300  300 300 300 300    300
GET /healthcheck                                  200 200 200 200 200 200  200 200 200 200    200
HEAD /healthcheck                                 204 204 204 204 204 204  204 204 204 204    204
GET /metrics                                      200 200 200 200 200 200  200 200 200 200    200
GET /console                                      503 503 503 503 503 503  503 503 503 503    503
GET /console/any                                  503 503 503 503 503 503  503 503 503 503    503
GET /v2                                           302 302 302 302 302 302  403 403 302 401    401
GET /v2/nothing                                   404 404 404 404 404 404  403 403 404 401    401
GET /v2/images/                                   404 404 404 404 404 404  403 403 404 401    401
GET /v2/info/import                               200 200 200 200 200 200  403 403 200 401    401
GET /v2/info/usage                                200 200 200 200 200 200  403 403 200 401    401
GET /v2/tasks                                     200 403 403 403 403 403  403 403 403 401    401
POST /v2/tasks                                    400 403 403 403 403 403  403 403 403 401    401
GET /v2/tasks/any                                 404 403 403 403 403 403  403 403 403 401    401
DELETE /v2/tasks/any                              405 403 403 403 403 403  403 403 403 401    401
GET /v2/schemas/image                             200 200 200 200 200 200  403 403 200 401    401
GET /v2/schemas/images                            200 200 200 200 200 200  403 403 200 401    401
GET /v2/schemas/member                            200 200 200 200 200 200  403 403 200 401    401
GET /v2/schemas/members                           200 200 200 200 200 200  403 403 200 401    401
GET /v2/schemas/task                              200 200 200 200 200 200  403 403 200 401    401
GET /v2/schemas/tasks                             200 200 200 200 200 200  403 403 200 401    401
GET /v2/schemas/metadefs/namespace                200 200 200 200 200 200  403 403 200 401    401
GET /v2/schemas/metadefs/namespaces               200 200 200 200 200 200  403 403 200 401    401
GET /v2/schemas/metadefs/object                   200 200 200 200 200 200  403 403 200 401    401
GET /v2/schemas/metadefs/objects                  200 200 200 200 200 200  403 403 200 401    401
GET /v2/schemas/metadefs/property                 200 200 200 200 200 200  403 403 200 401    401
GET /v2/schemas/metadefs/properties               200 200 200 200 200 200  403 403 200 401    401
GET /v2/schemas/metadefs/resource_type            200 200 200 200 200 200  403 403 200 401    401
GET /v2/schemas/metadefs/resource_types           200 200 200 200 200 200  403 403 200 401    401
GET /v2/schemas/metadefs/tag                      200 200 200 200 200 200  403 403 200 401    401
GET /v2/schemas/metadefs/tags                     200 200 200 200 200 200  403 403 200 401    401
GET /v2/cache                                     404 403 403 403 403 403  403 403 403 401    401
DELETE /v2/cache                                  404 403 403 403 403 403  403 403 403 401    401
PUT /v2/cache/any                                 404 403 403 403 403 403  403 403 403 401    401
DELETE /v2/cache/any                              404 403 403 403 403 403  403 403 403 401    401
POST /v2/cache/clean                              404 403 403 403 403 403  403 403 403 401    401
POST /v2/cache/prune                              404 403 403 403 403 403  403 403 403 401    401
GET /v2/cache/nodes/any                           404 403 403 403 403 403  403 403 403 401    401
GET /v2/cached_images                             404 403 403 403 403 403  403 403 403 401    401
DELETE /v2/cached_images                          404 403 403 403 403 403  403 403 403 401    401
DELETE /v2/cached_images/any                      404 403 403 403 403 403  403 403 403 401    401
GET /v2/queued_images                             404 403 403 403 403 403  403 403 403 401    401
DELETE /v2/queued_images                          404 403 403 403 403 403  403 403 403 401    401
PUT /v2/queued_images/any                         404 403 403 403 403 403  403 403 403 401    401
DELETE /v2/queued_images/any                      404 403 403 403 403 403  403 403 403 401    401
GET /vitrine                                      404 404 404 404 404 404  403 403 404 401    401
GET /vitrine/v1/nothing                           404 404 404 404 404 404  403 403 404 401    401
GET /vitrine/v1/projects/{own project}/quotas     200 403 403 403 403 403  403 403 403 401    401
set quotas                                        200 403 403 403 403 403  403 403 403 401    401
DELETE /vitrine/v1/projects/{foreign project}/quotas  204 403 403 403 403 403  403 403 403 401    401
GET /vitrine/v1/names?project={own project}       200 200 200 200 200 200  403 403 200 401    401
GET /vitrine/v1/scrub                             200 403 403 403 403 403  403 403 403 401    401
GET /vitrine/v1/openapi.json                      200 200 200 200 200 200  403 403 200 401    401
GET /vitrine/v1/inbox?state=all                   200 200 200 403 403 403  403 403 200 401    401
answer offers                                     200 200 403 403 403 403  403 403 200 401    401
GET /vitrine/v1/events?follow=false               200 200 200 403 403 403  403 403 200 401    401
share many                                        404 404 404 404 404 404  403 403 404 401    401
withdraw many                                     200 200 403 403 403 403  403 403 200 401    401
ask for an image                                  202 202 403 403 403 403  403 403 202 401    401
GET /vitrine/v1/requests?side=received            200 200 200 403 403 403  403 403 200 401    401
approve a request                                 404 404 404 403 403 403  403 403 404 401    401
decline a request                                 404 404 404 403 403 403  403 403 404 401    401
DELETE /vitrine/v1/requests/none                  404 404 403 403 403 403  403 403 404 401    401
GET /vitrine/v1/catalogue                         200 200 200 403 403 403  403 403 200 401    401
GET /vitrine/v1/accept-rules                      200 200 200 403 403 403  403 403 200 401    401
trust a producer                                  200 200 403 403 403 403  403 403 200 401    401
DELETE /vitrine/v1/accept-rules/none              404 404 403 403 403 403  403 403 404 401    401
GET /vitrine/v1/mutes                             200 200 200 403 403 403  403 403 200 401    401
PUT /vitrine/v1/mutes/{foreign project}           204 204 403 403 403 403  403 403 204 401    401
DELETE /vitrine/v1/mutes/nobody                   404 404 403 403 403 403  403 403 404 401    401
GET /vitrine/v1/webhooks                          200 200 200 403 403 403  403 403 200 401    401
make a webhook                                    400 400 403 403 403 403  403 403 400 401    401
GET /vitrine/v1/webhooks/none                     404 404 404 403 403 403  403 403 404 401    401
DELETE /vitrine/v1/webhooks/none                  404 404 403 403 403 403  403 403 404 401    401
POST /vitrine/v1/webhooks/none/test               404 404 403 403 403 403  403 403 404 401    401
GET /vitrine/v1/webhooks/none/failures            404 404 404 403 403 403  403 403 404 401    401
send again to a webhook                           404 404 403 403 403 403  403 403 404 401    401
GET /vitrine/v1/mail                              200 200 200 403 403 403  403 403 200 401    401
add a mail address                                404 404 403 403 403 403  403 403 404 401    401
change a mail address                             404 404 403 403 403 403  403 403 404 401    401
DELETE /vitrine/v1/mail/none                      404 404 403 403 403 403  403 403 404 401    401
ask for a code                                    404 404 403 403 403 403  403 403 404 401    401
verify a mail address                             404 404 403 403 403 403  403 403 404 401    401
GET /vitrine/v1/mail/unsubscription               200 200 200 200 200 200  200 200 200 200    200
POST /vitrine/v1/mail/unsubscription              404 404 404 404 404 404  404 404 404 404    404
GET /vitrine/v1/families                          200 200 200 403 403 403  403 403 200 401    401
GET /vitrine/v1/families/{own project}/none       404 404 404 403 403 403  403 403 404 401    401
DELETE /vitrine/v1/families/{own project}/none    404 404 404 403 403 403  403 403 404 401    401
GET /vitrine/v1/families/{own project}/none/current  404 404 404 403 403 403  403 403 404 401    401
promote an image                                  404 404 403 403 403 403  403 403 404 401    401
POST /vitrine/v1/families/{own project}/none/rollback  404 404 404 403 403 403  403 403 404 401    401
deprecate an image                                404 404 404 403 403 403  403 403 404 401    401
DELETE /vitrine/v1/families/{own project}/none/deprecations/any  404 404 404 403 403 403  403 403 404 401    401
share a family                                    404 404 403 403 403 403  403 403 404 401    401
DELETE /vitrine/v1/families/{own project}/none/members/any  404 404 404 403 403 403  403 403 404 401    401
GET /vitrine/v1/groups                            200 200 200 403 403 403  403 403 200 401    401
GET /vitrine/v1/groups/none                       404 404 404 403 403 403  403 403 404 401    401
make a group                                      200 200 403 403 403 403  403 403 200 401    401
DELETE /vitrine/v1/groups/none                    404 404 403 403 403 403  403 403 404 401    401
PUT /vitrine/v1/groups/none/members/any           404 404 403 403 403 403  403 403 404 401    401
DELETE /vitrine/v1/groups/none/members/any        404 404 404 403 403 403  403 403 404 401    401
PUT /vitrine/v1/groups/none/images/any            404 404 403 403 403 403  403 403 404 401    401
DELETE /vitrine/v1/groups/none/images/any         404 404 403 403 403 403  403 403 404 401    401
OPTIONS /vitrine/v1/uploads                       204 204 204 204 204 204  403 403 204 401    401
show an upload                                    404 404 404 404 404 404  403 403 404 401    401
go on with an upload                              404 404 404 404 404 404  403 403 404 401    401
end an upload                                     404 404 404 404 404 404  403 403 404 401    401
ask about a rule                                  200 403 403 403 403 403  403 403 403 401    401
`;

/** Any path that is known, by a method that it does not take. */
export const otherMethods = `
any other method                                  405 405 405 405 405 405  403 403 405 401    401
`;

import type { ServiceCall } from './service-table.ts';

const own = '/identity/v3/users/{self}';
const others = '/identity/v3/users/{other}';
const places = ['projects/{foreign project}', 'domains/default', 'system'] as const;

/** The calls that are no line of the table as they stand: those with a body, or with something of their own. */
export const identityCalls: Readonly<Record<string, ServiceCall>> = {
  'log in': {
    send: 'POST /identity/v3/auth/tokens',
    body: {
      auth: {
        identity: {
          methods: ['password'],
          password: { user: { id: '{other}', password: '{password}' } },
        },
      },
    },
  },
  'look at own token': look('GET', '{own token}'),
  'HEAD of own token': look('HEAD', '{own token}'),
  'look at another’s token': look('GET', '{other’s token}'),
  'HEAD of another’s token': look('HEAD', '{other’s token}'),
  'revoke own token': { ...look('DELETE', '{own token}'), fresh: 'token' },
  'revoke another’s token': { ...look('DELETE', '{other’s token}'), fresh: 'token' },
  'make a project': { send: 'POST /identity/v3/projects', body: { project: { name: '{new}' } } },
  'change a project': {
    send: 'PATCH /identity/v3/projects/{project}',
    body: { project: { description: 'changed' } },
    fresh: 'project',
  },
  'delete a project': { send: 'DELETE /identity/v3/projects/{project}', fresh: 'project' },
  'make a user': { send: 'POST /identity/v3/users', body: { user: { name: '{new}' } } },
  'change oneself': { send: `PATCH ${own}`, body: { user: { description: 'changed' } } },
  'change another user': {
    send: 'PATCH /identity/v3/users/{user}',
    body: { user: { description: 'changed', password: 'another password' } },
    fresh: 'user',
  },
  'delete a user': { send: 'DELETE /identity/v3/users/{user}', fresh: 'user' },
  'change own password': {
    send: `POST ${own}/password`,
    body: { user: { password: 'another password', original_password: '{password}' } },
    fresh: 'caller',
  },
  'change a password by knowing it': {
    send: 'POST /identity/v3/users/{user}/password',
    body: { user: { password: 'another password', original_password: '{password}' } },
    fresh: 'user',
  },
  'change own password by a guess': {
    send: `POST ${own}/password`,
    body: { user: { password: 'another password', original_password: 'guess' } },
  },
  'make a role': { send: 'POST /identity/v3/roles', body: { role: { name: '{new}' } } },
  'delete a role': { send: 'DELETE /identity/v3/roles/{made role}', fresh: 'role' },
  'change a role': {
    send: 'PATCH /identity/v3/roles/{made role}',
    body: { role: { description: 'changed' } },
  },
  'rename a role that is needed': {
    send: 'PATCH /identity/v3/roles/{reader}',
    body: { role: { name: 'other' } },
  },
  'rotate the signing keys': { send: 'POST /identity/v3/signing_keys', body: { rotation: {} } },
  'take a role on a project': take(places[0]),
  'take a role on a domain': take(places[1]),
  'take a role on the system': take(places[2]),
  'make own credential': {
    send: `POST ${own}/application_credentials`,
    body: { application_credential: { name: '{new}' } },
  },
  'make another’s credential': {
    send: `POST ${others}/application_credentials`,
    body: { application_credential: { name: '{new}' } },
  },
  'delete own credential': {
    send: `DELETE ${own}/application_credentials/{own credential}`,
    fresh: 'credential',
  },
  'delete another’s credential': {
    send: `DELETE ${others}/application_credentials/{other’s credential}`,
    fresh: 'credential',
  },
};

function look(method: string, subject: string): ServiceCall {
  return { send: `${method} /identity/v3/auth/tokens`, headers: { 'x-subject-token': subject } };
}

function take(place: string): ServiceCall {
  return { send: `DELETE /identity/v3/${place}/users/{user}/roles/{reader}`, fresh: 'assignment' };
}

/**
 * Who may call what of the embedded identity service. Users see themselves and change their own application
 * credentials; whoever knows a password changes it; a service may look at any token; all else is for admins, at
 * whatever scope.
 * A caller with a project finds every other project, since it may want to share an image with it.
 */
export const identityTable = `
                                                  adm mem rea ser non unsc dom sys abr nobody forged
GET /identity                                     300 300 300 300 300 300  300 300 300 300    300
GET /identity/v3                                  200 200 200 200 200 200  200 200 200 200    200
GET /identity/v3/                                 200 200 200 200 200 200  200 200 200 200    200
GET /identity/v3/nothing                          404 404 404 404 404 404  404 404 404 404    404
log in                                            201 201 201 201 201 201  201 201 201 201    201
look at own token                                 200 200 200 200 200 200  200 200 200 401    401
HEAD of own token                                 200 200 200 200 200 200  200 200 200 401    401
look at another’s token                           200 403 403 200 403 403  200 200 403 401    401
HEAD of another’s token                           200 403 403 200 403 403  200 200 403 401    401
revoke own token                                  204 204 204 204 204 204  204 204 204 401    401
revoke another’s token                            204 403 403 403 403 403  204 204 403 401    401
GET /identity/v3/auth/catalog                     200 200 200 200 200 403  200 200 200 401    401
GET /identity/v3/auth/projects                    200 200 200 200 200 200  200 200 200 401    401
GET /identity/v3/auth/domains                     200 200 200 200 200 200  200 200 200 401    401
GET /identity/v3/auth/system                      200 200 200 200 200 200  200 200 200 401    401
GET /identity/v3/projects                         200 200 200 200 200 200  200 200 200 401    401
GET /identity/v3/projects/{own project}           200 200 200 200 200 200  200 200 200 401    401
GET /identity/v3/projects/{foreign project}       200 200 200 200 200 404  200 200 200 401    401
make a project                                    201 403 403 403 403 403  201 201 403 401    401
change a project                                  200 403 403 403 403 403  200 200 403 401    401
delete a project                                  204 403 403 403 403 403  204 204 403 401    401
GET /identity/v3/domains                          200 200 200 200 200 200  200 200 200 401    401
GET /identity/v3/domains/default                  200 200 200 200 200 200  200 200 200 401    401
GET /identity/v3/users                            200 403 403 403 403 403  200 200 403 401    401
GET /identity/v3/users?name={own name}            200 200 200 200 200 200  200 200 200 401    401
GET /identity/v3/users?name={other’s name}        200 403 403 403 403 403  200 200 403 401    401
GET /identity/v3/users/{self}                     200 200 200 200 200 200  200 200 200 401    401
GET /identity/v3/users/{other}                    200 403 403 403 403 403  200 200 403 401    401
make a user                                       201 403 403 403 403 403  201 201 403 401    401
change oneself                                    200 403 403 403 403 403  200 200 403 401    401
change another user                               200 403 403 403 403 403  200 200 403 401    401
delete a user                                     204 403 403 403 403 403  204 204 403 401    401
change own password                               204 204 204 204 204 204  204 204 204 204    204
change a password by knowing it                   204 204 204 204 204 204  204 204 204 204    204
change own password by a guess                    401 401 401 401 401 401  401 401 401 401    401
GET /identity/v3/users/{self}/projects            200 200 200 200 200 200  200 200 200 401    401
GET /identity/v3/users/{other}/projects           200 403 403 403 403 403  200 200 403 401    401
GET /identity/v3/roles                            200 403 403 403 403 403  200 200 403 401    401
GET /identity/v3/roles/{reader}                   200 403 403 403 403 403  200 200 403 401    401
make a role                                       201 403 403 403 403 403  201 201 403 401    401
delete a role                                     204 403 403 403 403 403  204 204 403 401    401
DELETE /identity/v3/roles/{reader}                403 403 403 403 403 403  403 403 403 401    401
GET /identity/v3/role_assignments                 200 403 403 403 403 403  200 200 403 401    401
GET /identity/v3/role_assignments?user.id={self}   200 200 200 200 200 200  200 200 200 401    401
GET /identity/v3/role_assignments?user.id={other}  200 403 403 403 403 403  200 200 403 401    401
${assignments('projects/{foreign project}')}
${assignments('domains/default')}
${assignments('system')}
take a role on a project                          204 403 403 403 403 403  204 204 403 401    401
take a role on a domain                           204 403 403 403 403 403  204 204 403 401    401
take a role on the system                         204 403 403 403 403 403  204 204 403 401    401
GET ${own}/application_credentials                200 200 200 200 200 200  200 200 200 401    401
GET ${others}/application_credentials             200 403 403 403 403 403  200 200 403 401    401
GET ${own}/application_credentials/{own credential}         200 200 200 200 200 200  200 200 200 401    401
GET ${others}/application_credentials/{other’s credential}  200 403 403 403 403 403  200 200 403 401    401
make own credential                               201 201 201 201 201 400  400 400 201 401    401
make another’s credential                         403 403 403 403 403 403  403 403 403 401    401
delete own credential                             204 204 204 204 204 204  204 204 204 401    401
delete another’s credential                       204 403 403 403 403 403  204 204 403 401    401
GET ${own}/access_rules                           200 200 200 200 200 200  200 200 200 401    401
GET ${others}/access_rules                        200 403 403 403 403 403  200 200 403 401    401
GET ${own}/access_rules/none                      404 404 404 404 404 404  404 404 404 401    401
GET ${others}/access_rules/none                   404 403 403 403 403 403  404 404 403 401    401
DELETE ${own}/access_rules/none                   404 404 404 404 404 404  404 404 404 401    401
DELETE ${others}/access_rules/none                404 403 403 403 403 403  404 404 403 401    401
change a role                                     200 403 403 403 403 403  200 200 403 401    401
rename a role that is needed                      403 403 403 403 403 403  403 403 403 401    401
GET /identity/v3/regions                          200 200 200 200 200 200  200 200 200 401    401
GET /identity/v3/regions/RegionOne                200 200 200 200 200 200  200 200 200 401    401
GET /identity/v3/services                         200 403 403 403 403 403  200 200 403 401    401
GET /identity/v3/services/image                   200 403 403 403 403 403  200 200 403 401    401
GET /identity/v3/endpoints                        200 403 403 403 403 403  200 200 403 401    401
GET /identity/v3/endpoints/image-public           200 403 403 403 403 403  200 200 403 401    401
GET /identity/v3/signing_keys                     200 403 403 403 403 403  200 200 403 401    401
rotate the signing keys                           200 403 403 403 403 403  200 200 403 401    401
`;

/** The same for all that roles are given on. */
function assignments(place: string): string {
  const path = `/identity/v3/${place}/users`;
  return `
GET ${path}/{self}/roles                          200 200 200 200 200 200  200 200 200 401    401
GET ${path}/{other}/roles                         200 403 403 403 403 403  200 200 403 401    401
GET ${path}/{holder}/roles/{reader}               204 403 403 403 403 403  204 204 403 401    401
HEAD ${path}/{holder}/roles/{reader}              204 403 403 403 403 403  204 204 403 401    401
PUT ${path}/{other}/roles/{reader}                204 403 403 403 403 403  204 204 403 401    401`;
}

import { dataType, patchType } from '../../support/images.ts';
import type { ProjectName } from './people.ts';

/** What a group of the table's columns is about. */
export const groups = ['owner', 'consumer', 'viewer', 'stranger', 'former'] as const;

export type Group = (typeof groups)[number];

/** What becomes of an image of the owner before a call. */
export type Kind = 'shared' | 'public' | 'community' | 'private';

/** How a project stands to an image. */
export interface Standing {
  readonly group: Group;
  readonly project: ProjectName;
  readonly kind: Kind;
}

/** Every way to stand to an image; those of a group have the same rights. */
export const standings: readonly Standing[] = [
  { group: 'owner', project: 'owner', kind: 'shared' },
  // Access begins with the invitation, whatever is answered to it and wherever the project lies.
  { group: 'consumer', project: 'accepted', kind: 'shared' },
  { group: 'consumer', project: 'pending', kind: 'shared' },
  { group: 'consumer', project: 'rejected', kind: 'shared' },
  { group: 'consumer', project: 'consumer abroad', kind: 'shared' },
  // Images that everybody may see.
  { group: 'viewer', project: 'stranger', kind: 'public' },
  { group: 'viewer', project: 'stranger', kind: 'community' },
  { group: 'viewer', project: 'stranger abroad', kind: 'public' },
  { group: 'viewer', project: 'accepted', kind: 'community' },
  { group: 'stranger', project: 'stranger', kind: 'shared' },
  { group: 'stranger', project: 'stranger abroad', kind: 'shared' },
  // A consumer of another image of the same owner.
  { group: 'stranger', project: 'elsewhere', kind: 'shared' },
  // Consumers of an image that its owner has made private since.
  { group: 'former', project: 'accepted', kind: 'private' },
  { group: 'former', project: 'consumer abroad', kind: 'private' },
];

/** A call of the table. */
export interface ImageCall {
  /**
   * Method and path. `{image}` is the owner's image, `{own}` the caller's project, `{another}` a consumer
   * of the image that is not the caller.
   */
  readonly send: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** What the image is before. */
  readonly on?: 'queued' | 'staged' | 'deactivated' | 'deleted';
  /** Whether success leaves everything as it was. */
  readonly isSafe?: boolean;
}

const image = '/v2/images/{image}';
const members = `${image}/members`;
const newImage = { disk_format: 'raw', container_format: 'bare' };

function change(...operations: readonly object[]) {
  return { send: `PATCH ${image}`, body: operations, headers: patchType };
}

/** The calls in the words of the table. */
export const imageCalls: Readonly<Record<string, ImageCall>> = {
  create: { send: 'POST /v2/images', body: newImage },
  'create public': { send: 'POST /v2/images', body: { ...newImage, visibility: 'public' } },
  'create community': { send: 'POST /v2/images', body: { ...newImage, visibility: 'community' } },
  'create for another': { send: 'POST /v2/images', body: { ...newImage, owner: '{another}' } },
  list: { send: 'GET /v2/images?visibility=all&member_status=all&id={image}', isSafe: true },
  show: { send: `GET ${image}`, isSafe: true },
  'list tasks': { send: `GET ${image}/tasks`, isSafe: true },
  rename: change({ op: 'replace', path: '/name', value: 'renamed' }),
  'make public': change({ op: 'replace', path: '/visibility', value: 'public' }),
  'make community': change({ op: 'replace', path: '/visibility', value: 'community' }),
  'make private': change({ op: 'replace', path: '/visibility', value: 'private' }),
  'give away': change({ op: 'replace', path: '/owner', value: '{another}' }),
  'change nothing': { ...change(), isSafe: true },
  delete: { send: `DELETE ${image}` },
  upload: { send: `PUT ${image}/file`, body: '12345', headers: dataType, on: 'queued' },
  stage: { send: `PUT ${image}/stage`, body: '12345', headers: dataType, on: 'queued' },
  import: {
    send: `POST ${image}/import`,
    body: { method: { name: 'glance-direct' } },
    on: 'staged',
  },
  'begin an upload': {
    send: 'POST /vitrine/v1/uploads',
    headers: {
      'tus-resumable': '1.0.0',
      'upload-length': '5',
      'upload-metadata': 'image_id {image in Base64}',
    },
    on: 'queued',
  },
  download: { send: `GET ${image}/file`, isSafe: true },
  'download part': { send: `GET ${image}/file`, headers: { range: 'bytes=1-2' }, isSafe: true },
  'download switched off': { send: `GET ${image}/file`, on: 'deactivated', isSafe: true },
  'download by a browser': { send: 'GET /vitrine/v1/downloads/{image}', isSafe: true },
  'ask for its cookie': { send: 'POST /vitrine/v1/images/{image}/download', isSafe: true },
  tag: { send: `PUT ${image}/tags/new` },
  untag: { send: `DELETE ${image}/tags/old` },
  deactivate: { send: `POST ${image}/actions/deactivate` },
  reactivate: { send: `POST ${image}/actions/reactivate`, on: 'deactivated' },
  invite: { send: `POST ${members}`, body: { member: 'somebody else' } },
  'list members': { send: `GET ${members}`, isSafe: true },
  'show own row': { send: `GET ${members}/{own}`, isSafe: true },
  'show another’s': { send: `GET ${members}/{another}`, isSafe: true },
  'answer oneself': { send: `PUT ${members}/{own}`, body: { status: 'accepted' } },
  'answer for another': { send: `PUT ${members}/{another}`, body: { status: 'rejected' } },
  leave: { send: `DELETE ${members}/{own}` },
  withdraw: { send: `DELETE ${members}/{another}` },
  'offer with a note': {
    send: 'PUT /vitrine/v1/shares/{image}/somebody%20else',
    body: { note: 'yours' },
  },
  'list shares': { send: 'GET /vitrine/v1/shares/{image}', isSafe: true },
  'show own share': { send: 'GET /vitrine/v1/shares/{image}/{own}', isSafe: true },
  'list readers': { send: 'GET /vitrine/v1/images/{image}/readers', isSafe: true },
  'leave a share': { send: 'DELETE /vitrine/v1/inbox/{image}' },
  'withdraw with notice': {
    send: 'POST /vitrine/v1/shares/{image}/{another}/withdrawal',
    body: { at: '2100-01-01T00:00:00Z', reason: 'old' },
  },
  'read the share log': { send: 'GET /vitrine/v1/share-log/{image}', isSafe: true },
  'list for requests': { send: 'PUT /vitrine/v1/catalogue/{image}', body: { summary: 'ask' } },
  'unlist for requests': { send: 'DELETE /vitrine/v1/catalogue/{image}', isSafe: true },
  restore: { send: 'POST /vitrine/v1/images/{image}/restore', on: 'deleted' },
  scrub: { send: 'POST /vitrine/v1/images/{image}/scrub', isSafe: true },
  'list locations': { send: `GET ${image}/locations`, isSafe: true },
  // Only a store of type http takes any, and there is none: the next to be said is that.
  'give a location': {
    send: `POST ${image}/locations`,
    body: { url: 'http://203.0.113.1/disk.raw' },
    on: 'queued',
    isSafe: true,
  },
};

/**
 * Who may do what with an image, by the caller's role and how its project stands to the image.
 *
 * A number is the status. `---` is 404 in the very words of an image that does not exist; 404 is one of
 * something else. `in` and `out` are 200 with and without the image in the list. The columns of a group are
 * the roles admin, member, reader, service and one that nobody knows; the last column is a token without scope.
 *
 * Glance 25.1 behind Keystone, with the new defaults and scope enforced, was asked for every cell:
 *
 * - For admin, member and reader it answers each as it stands here (`compare-with-glance.ts` asks it again).
 * - Who lacks the role reader is refused by it too, but learns that the image is there: its 404 has other words than
 *   that of a missing image, setting visibility or owner and the member calls of what is not shared give 403, so does
 *   a deactivated image's data, and an empty change even gives 200 and the image. Here all of that is 404 in the words
 *   of a missing image, the project's own images too: role service opens no image by itself, in neither.
 * - A token of a domain or the system gets 403 or 404 from it, by the call, and an empty change 200. Here it is 403
 *   before the image is looked for, and the schemas, which Glance shows to every token, are closed to it as well.
 */
export const imageTable = `
                       owner                 consumer              viewer                stranger              former                un-
                       adm mem rea ser non   adm mem rea ser non   adm mem rea ser non   adm mem rea ser non   adm mem rea ser non   sco
create                 201 201 403 403 403 | 201 201 403 403 403 | 201 201 403 403 403 | 201 201 403 403 403 | 201 201 403 403 403 | 403
create public          201 403 403 403 403 | 201 403 403 403 403 | 201 403 403 403 403 | 201 403 403 403 403 | 201 403 403 403 403 | 403
create community       201 201 403 403 403 | 201 201 403 403 403 | 201 201 403 403 403 | 201 201 403 403 403 | 201 201 403 403 403 | 403
create for another     201 403 403 403 403 | 201 403 403 403 403 | 201 403 403 403 403 | 201 403 403 403 403 | 201 403 403 403 403 | 403
list                   in  in  in  403 403 | in  in  in  403 403 | in  in  in  403 403 | in  out out 403 403 | in  out out 403 403 | 403
show                   200 200 200 --- --- | 200 200 200 --- --- | 200 200 200 --- --- | 200 --- --- --- --- | 200 --- --- --- --- | ---
list tasks             200 200 200 --- --- | 200 200 200 --- --- | 200 200 200 --- --- | 200 --- --- --- --- | 200 --- --- --- --- | ---
rename                 200 200 403 --- --- | 200 403 403 --- --- | 200 403 403 --- --- | 200 --- --- --- --- | 200 --- --- --- --- | ---
make public            200 403 403 --- --- | 200 403 403 --- --- | 200 403 403 --- --- | 200 --- --- --- --- | 200 --- --- --- --- | ---
make community         200 200 403 --- --- | 200 403 403 --- --- | 200 403 403 --- --- | 200 --- --- --- --- | 200 --- --- --- --- | ---
make private           200 200 403 --- --- | 200 403 403 --- --- | 200 403 403 --- --- | 200 --- --- --- --- | 200 --- --- --- --- | ---
give away              200 403 403 --- --- | 200 403 403 --- --- | 200 403 403 --- --- | 200 --- --- --- --- | 200 --- --- --- --- | ---
change nothing         200 200 200 --- --- | 200 200 200 --- --- | 200 200 200 --- --- | 200 --- --- --- --- | 200 --- --- --- --- | ---
delete                 204 204 403 --- --- | 204 403 403 --- --- | 204 403 403 --- --- | 204 --- --- --- --- | 204 --- --- --- --- | ---
upload                 204 204 403 --- --- | 204 403 403 --- --- | 204 403 403 --- --- | 204 --- --- --- --- | 204 --- --- --- --- | ---
begin an upload        201 201 403 --- --- | 201 403 403 --- --- | 201 403 403 --- --- | 201 --- --- --- --- | 201 --- --- --- --- | ---
stage                  204 204 403 --- --- | 204 403 403 --- --- | 204 403 403 --- --- | 204 --- --- --- --- | 204 --- --- --- --- | ---
import                 202 202 403 --- --- | 202 403 403 --- --- | 202 403 403 --- --- | 202 --- --- --- --- | 202 --- --- --- --- | ---
download               200 200 403 --- --- | 200 200 403 --- --- | 200 200 403 --- --- | 200 --- --- --- --- | 200 --- --- --- --- | ---
download part          206 206 403 --- --- | 206 206 403 --- --- | 206 206 403 --- --- | 206 --- --- --- --- | 206 --- --- --- --- | ---
download switched off  200 403 403 --- --- | 200 403 403 --- --- | 200 403 403 --- --- | 200 --- --- --- --- | 200 --- --- --- --- | ---
download by a browser  200 200 403 --- --- | 200 200 403 --- --- | 200 200 403 --- --- | 200 --- --- --- --- | 200 --- --- --- --- | ---
ask for its cookie     204 204 403 --- --- | 204 204 403 --- --- | 204 204 403 --- --- | 204 --- --- --- --- | 204 --- --- --- --- | ---
tag                    204 204 403 --- --- | 204 403 403 --- --- | 204 403 403 --- --- | 204 --- --- --- --- | 204 --- --- --- --- | ---
untag                  204 204 403 --- --- | 204 403 403 --- --- | 204 403 403 --- --- | 204 --- --- --- --- | 204 --- --- --- --- | ---
deactivate             204 204 403 --- --- | 204 403 403 --- --- | 204 403 403 --- --- | 204 --- --- --- --- | 204 --- --- --- --- | ---
reactivate             204 204 403 --- --- | 204 403 403 --- --- | 204 403 403 --- --- | 204 --- --- --- --- | 204 --- --- --- --- | ---
invite                 200 200 403 --- --- | 200 403 403 --- --- | 403 403 403 --- --- | 200 --- --- --- --- | 403 --- --- --- --- | ---
list members           200 200 200 --- --- | 200 200 200 --- --- | 403 403 403 --- --- | 200 --- --- --- --- | 403 --- --- --- --- | ---
show own row           404 404 404 --- --- | 200 200 200 --- --- | 404 404 404 --- --- | 404 --- --- --- --- | 404 --- --- --- --- | ---
show another’s         200 200 200 --- --- | 200 404 404 --- --- | 404 404 404 --- --- | 200 --- --- --- --- | 404 --- --- --- --- | ---
answer oneself         404 404 404 --- --- | 200 200 403 --- --- | 403 403 403 --- --- | 404 --- --- --- --- | 403 --- --- --- --- | ---
answer for another     200 403 403 --- --- | 200 404 404 --- --- | 403 403 403 --- --- | 200 --- --- --- --- | 403 --- --- --- --- | ---
leave                  404 404 404 --- --- | 204 403 403 --- --- | 403 403 403 --- --- | 404 --- --- --- --- | 403 --- --- --- --- | ---
withdraw               204 204 403 --- --- | 204 404 404 --- --- | 403 403 403 --- --- | 204 --- --- --- --- | 403 --- --- --- --- | ---
offer with a note      200 200 403 --- --- | 200 403 403 --- --- | 403 403 403 --- --- | 200 --- --- --- --- | 403 --- --- --- --- | ---
list shares            200 200 200 --- --- | 200 200 200 --- --- | 403 403 403 --- --- | 200 --- --- --- --- | 403 --- --- --- --- | ---
list readers           200 200 200 --- --- | 200 403 403 --- --- | 200 403 403 --- --- | 200 --- --- --- --- | 200 --- --- --- --- | ---
show own share         404 404 404 --- --- | 200 200 200 --- --- | 403 403 403 --- --- | 404 --- --- --- --- | 403 --- --- --- --- | ---
leave a share          404 404 404 --- --- | 204 204 403 --- --- | 403 403 403 --- --- | 404 --- --- --- --- | 403 --- --- --- --- | ---
withdraw with notice   200 200 403 --- --- | 200 404 404 --- --- | 403 403 403 --- --- | 200 --- --- --- --- | 403 --- --- --- --- | ---
read the share log     200 200 200 --- --- | 200 200 200 --- --- | 200 403 403 --- --- | 200 --- --- --- --- | 200 --- --- --- --- | ---
list for requests      204 204 403 --- --- | 204 403 403 --- --- | 403 403 403 --- --- | 204 --- --- --- --- | 403 --- --- --- --- | ---
unlist for requests    404 404 403 --- --- | 404 403 403 --- --- | 403 403 403 --- --- | 404 --- --- --- --- | 403 --- --- --- --- | ---
restore                200 403 403 403 403 | 200 403 403 403 403 | 200 403 403 403 403 | 200 403 403 403 403 | 200 403 403 403 403 | 403
list locations         200 403 403 --- --- | 200 403 403 --- --- | 200 403 403 --- --- | 200 --- --- --- --- | 200 --- --- --- --- | ---
give a location        400 403 403 --- --- | 400 403 403 --- --- | 400 403 403 --- --- | 400 --- --- --- --- | 400 --- --- --- --- | ---
scrub                  200 403 403 403 403 | 200 403 403 403 403 | 200 403 403 403 403 | 200 403 403 403 403 | 200 403 403 403 403 | 403
`;

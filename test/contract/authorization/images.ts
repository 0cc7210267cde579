import { dataType, patchType } from '../../support/images.ts';
import type { Answer, Send } from '../../support/service.ts';
import type { ImageCall, Kind, Standing } from './image-table.ts';
import { expectSuccess, type People, type ProjectName } from './people.ts';

/** What an image is before a call. */
export type State = NonNullable<ImageCall['on']> | 'active';

/** Makes images of the owner for calls to be made to. */
export interface Images {
  /** One that many calls share, none of which may change it. */
  shared(kind: Kind, state: State): Promise<string>;
  /** One for a single call by somebody who stands to it like this. */
  fresh(standing: Standing, state: State): Promise<string>;
  /** All that can be seen of the shared images, data and members too. */
  seen(): Promise<readonly string[]>;
}

/** With their answers; `another` is the consumer who never calls. */
const consumers: readonly (readonly [ProjectName, 'accepted' | 'pending' | 'rejected'])[] = [
  ['accepted', 'accepted'],
  ['pending', 'pending'],
  ['rejected', 'rejected'],
  ['consumer abroad', 'pending'],
  ['another', 'accepted'],
];

export function imagesOf(send: Send, people: People): Images {
  const asAdmin = (method: string, path: string, body?: unknown, headers = {}) =>
    send(method, path, body, { 'x-auth-token': people.tokenOf('admin', 'owner'), ...headers });
  const made = (...request: Parameters<typeof asAdmin>) =>
    expectSuccess(asAdmin(...request), request.slice(0, 2).join(' '));

  async function share(id: string, projects: readonly ProjectName[]): Promise<void> {
    for (const [project, status] of consumers) {
      if (!projects.includes(project)) continue;
      const member = people.projects.get(project);
      await made('POST', `/v2/images/${id}/members`, { member });
      if (status === 'pending') continue;
      await made('PUT', `/v2/images/${id}/members/${member}`, { status });
    }
  }

  async function make(
    kind: Kind,
    state: State,
    sharedWith: readonly ProjectName[],
  ): Promise<string> {
    const visibility = kind === 'private' ? 'shared' : kind;
    const draft = {
      name: 'matrix',
      disk_format: 'raw',
      container_format: 'bare',
      tags: ['old'],
      visibility,
    };
    const { id } = (await made('POST', '/v2/images', draft)).json;
    if (visibility === 'shared') await share(id, sharedWith);
    if (kind === 'private') {
      const change = [{ op: 'replace', path: '/visibility', value: 'private' }];
      await made('PATCH', `/v2/images/${id}`, change, patchType);
    }
    if (state === 'staged') await made('PUT', `/v2/images/${id}/stage`, '12345', dataType);
    else if (state !== 'queued') await made('PUT', `/v2/images/${id}/file`, '12345', dataType);
    if (state === 'deactivated') await made('POST', `/v2/images/${id}/actions/deactivate`);
    if (state === 'deleted') await made('DELETE', `/v2/images/${id}`);
    return id;
  }

  const everyConsumer = consumers.map(([project]) => project);
  const shared = new Map<string, Promise<string>>();
  return {
    shared(kind, state) {
      const known = shared.get(`${kind} ${state}`) ?? make(kind, state, everyConsumer);
      shared.set(`${kind} ${state}`, known);
      return known;
    },
    fresh: ({ kind, project }, state) => make(kind, state, [project, 'another']),
    async seen() {
      const ids = [...shared].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, id]) => id);
      const looks = (await Promise.all(ids)).flatMap((id) =>
        ['', '/members', '/file'].map((part) => asAdmin('GET', `/v2/images/${id}${part}`)),
      );
      return (await Promise.all(looks)).map(whatever);
    },
  };
}

/** An answer without what differs from image to image: ids and times. */
function whatever({ status, text }: Answer): string {
  const plain = text
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<id>')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, '<time>');
  return `${status} ${plain}`;
}

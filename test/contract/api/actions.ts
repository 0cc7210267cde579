import type { CallerName } from '../../support/callers.ts';
import type { Chapter, Row } from './row.ts';
import { data, done, image, member, type Step, visible } from './scene.ts';

const deactivate = done('POST /v2/images/{image}/actions/deactivate');
const reactivate = done('POST /v2/images/{image}/actions/reactivate');
const active = [image(), data('12345')];
const deactivated = [...active, deactivate];

interface Acting {
  readonly given?: readonly Step[];
  readonly by?: CallerName;
}

function act(action: string, says: string, status: number, more: Acting = {}): Row {
  return {
    says,
    given: active,
    send: `POST /v2/images/{image}/actions/${action}`,
    status,
    ...more,
  };
}

function after(says: string, given: readonly Step[], json: unknown): Row {
  return { says, given, send: 'GET /v2/images/{image}', status: 200, json };
}

export const actions: Chapter = {
  title: 'Deactivating and reactivating',
  rows: [
    { ...act('deactivate', 'the owner deactivates an image', 204), text: '' },
    act('deactivate', 'an admin deactivates any image', 204, { by: 'admin' }),
    act('deactivate', 'deactivating twice is no error', 204, { given: deactivated }),
    act('deactivate', 'a queued image cannot be deactivated', 403, { given: [image()] }),
    act('deactivate', 'a reader of the owner’s project deactivates nothing', 403, {
      by: 'producer reader',
    }),
    act('deactivate', 'a consumer deactivates nothing', 403, {
      given: [...active, member('consumer', 'accepted')],
      by: 'consumer',
    }),
    act('deactivate', 'a stranger does not find the image to deactivate', 404, { by: 'stranger' }),
    act('deactivate', 'a stranger deactivates no public image', 403, {
      given: [visible('public'), data('12345')],
      by: 'stranger',
    }),
    {
      ...act('reactivate', 'the owner reactivates an image', 204, { given: deactivated }),
      text: '',
    },
    act('reactivate', 'an admin reactivates any image', 204, { given: deactivated, by: 'admin' }),
    act('reactivate', 'reactivating an active image is no error', 204),
    act('reactivate', 'a queued image cannot be reactivated', 403, { given: [image()] }),
    act('reactivate', 'a reader of the owner’s project reactivates nothing', 403, {
      given: deactivated,
      by: 'producer reader',
    }),
    act('reactivate', 'a consumer reactivates nothing', 403, {
      given: [...deactivated, member('consumer', 'accepted')],
      by: 'consumer',
    }),
    act('reactivate', 'a stranger does not find the image to reactivate', 404, {
      given: deactivated,
      by: 'stranger',
    }),
    ...['deactivate', 'reactivate'].map(
      (action): Row => ({
        says: `an unknown image is not found to ${action}`,
        send: `POST /v2/images/{fresh}/actions/${action}`,
        status: 404,
      }),
    ),
    after('a deactivated image keeps its size and hashes', deactivated, {
      status: 'deactivated',
      size: 5,
      checksum: '827ccb0eea8a706c4c34a16891f84e7b',
    }),
    after('a reactivated image is active', [...deactivated, reactivate], { status: 'active' }),
    {
      says: 'a deactivated image can be changed',
      given: deactivated,
      send: 'PATCH /v2/images/{image}',
      headers: { 'content-type': 'application/openstack-images-v2.1-json-patch' },
      body: [{ op: 'replace', path: '/name', value: 'changed' }],
      status: 200,
      json: { name: 'changed', status: 'deactivated' },
    },
    {
      says: 'a deactivated image can be shared',
      given: deactivated,
      send: 'POST /v2/images/{image}/members',
      body: { member: '{consumer}' },
      status: 200,
    },
    {
      says: 'a deactivated image is listed',
      given: [image({ name: '{unique}' }), data('12345'), deactivate],
      send: 'GET /v2/images?name={unique}&status=deactivated',
      status: 200,
      json: { images: [{ id: '{image}' }] },
    },
  ],
};

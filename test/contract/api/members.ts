import type { CallerName, ProjectName } from '../../support/callers.ts';
import { all, keys, like, time } from './matching.ts';
import type { Chapter, Row } from './row.ts';
import { change, done, image, member, type Step, visible } from './scene.ts';

/** Two consumers that have not answered; `stranger` has to do with nothing here. */
const shared = [image(), member('consumer'), member('other')];

export function memberOf(project: string, status = 'pending') {
  return all(keys('member_id', 'image_id', 'status', 'created_at', 'updated_at', 'schema'), {
    member_id: project,
    image_id: '{image}',
    status,
    created_at: time,
    updated_at: time,
    schema: '/v2/schemas/member',
  });
}

function memberList(...projects: readonly ProjectName[]) {
  const members = projects.map((project) => memberOf(`{${project}}`));
  return all(keys('members', 'schema'), { members, schema: '/v2/schemas/members' });
}

/** Each call in the form `statuses` speaks of it; the member in question is the consumer. */
const calls = {
  add: { send: 'POST /v2/images/{image}/members', body: { member: 'anyone' } },
  list: { send: 'GET /v2/images/{image}/members' },
  show: { send: 'GET /v2/images/{image}/members/{consumer}' },
  answer: { send: 'PUT /v2/images/{image}/members/{consumer}', body: { status: 'accepted' } },
  remove: { send: 'DELETE /v2/images/{image}/members/{consumer}' },
} as const;

type Call = keyof typeof calls;

/** Who gets what of a shared image: the heart of sharing. */
const statuses: readonly (readonly [CallerName, Readonly<Record<Call, number>>])[] = [
  ['producer', { add: 200, list: 200, show: 200, answer: 403, remove: 204 }],
  ['consumer', { add: 403, list: 200, show: 200, answer: 200, remove: 403 }],
  ['other', { add: 403, list: 200, show: 404, answer: 404, remove: 404 }],
  ['stranger', { add: 404, list: 404, show: 404, answer: 404, remove: 404 }],
  ['admin', { add: 200, list: 200, show: 200, answer: 200, remove: 204 }],
  ['producer admin', { add: 200, list: 200, show: 200, answer: 200, remove: 204 }],
  ['producer reader', { add: 403, list: 200, show: 200, answer: 403, remove: 403 }],
  ['consumer reader', { add: 403, list: 200, show: 200, answer: 403, remove: 403 }],
  ['stranger reader', { add: 404, list: 404, show: 404, answer: 404, remove: 404 }],
  ['nobody', { add: 401, list: 401, show: 401, answer: 401, remove: 401 }],
];

const answersOfMatrix: Readonly<Record<string, unknown>> = {
  'producer list': memberList('consumer', 'other'),
  'consumer list': memberList('consumer'),
  'other list': memberList('other'),
  'admin list': memberList('consumer', 'other'),
  'producer reader list': memberList('consumer', 'other'),
  'consumer reader list': memberList('consumer'),
  'producer show': memberOf('{consumer}'),
  'consumer show': memberOf('{consumer}'),
  'producer add': memberOf('anyone'),
  'admin add': memberOf('anyone'),
  'consumer answer': memberOf('{consumer}', 'accepted'),
  'admin answer': memberOf('{consumer}', 'accepted'),
};

function* matrix(): Generator<Row> {
  for (const [by, wanted] of statuses) {
    for (const [call, status] of Object.entries(wanted)) {
      const json = answersOfMatrix[`${by} ${call}`];
      yield {
        says: `${by}: ${call} a consumer of a shared image gives ${status}`,
        given: shared,
        by,
        ...calls[call as Call],
        status,
        ...(json !== undefined && { json }),
      };
    }
  }
}

/** The same calls for an image that is not shared, though it once was. */
const unshared = { add: 403, list: 403, show: 404, answer: 403, remove: 403 } as const;
const unseen = { add: 404, list: 404, show: 404, answer: 404, remove: 404 } as const;

function* notShared(): Generator<Row> {
  for (const visibility of ['private', 'community', 'public']) {
    for (const by of ['producer', 'consumer', 'stranger', 'admin'] as const) {
      const isHidden = visibility === 'private' && (by === 'consumer' || by === 'stranger');
      for (const [call, status] of Object.entries(isHidden ? unseen : unshared)) {
        yield {
          says: `${by}: ${call} a member of a ${visibility} image gives ${status}`,
          given: [...shared, change([{ op: 'replace', path: '/visibility', value: visibility }])],
          by,
          ...calls[call as Call],
          status,
        };
      }
    }
  }
}

function unknownMember(by: CallerName, call: 'show' | 'answer' | 'remove'): Row {
  const { send, ...rest } = calls[call];
  return {
    says: `${by}: ${call} of a project that is no member gives 404`,
    given: shared,
    by,
    send: send.replace('{consumer}', '{stranger}'),
    ...rest,
    status: 404,
  };
}

const answers = ['pending', 'accepted', 'rejected'] as const;

function* everyAnswer(): Generator<Row> {
  for (const from of answers) {
    for (const to of answers) {
      yield {
        says: `a consumer’s answer goes from ${from} to ${to}`,
        given: [image(), member('consumer', from)],
        by: 'consumer',
        send: 'PUT /v2/images/{image}/members/{consumer}',
        body: { status: to },
        status: 200,
        json: memberOf('{consumer}', to),
      };
    }
  }
}

function listed(says: string, given: readonly Step[], json: unknown): Row {
  return { says, given, send: 'GET /v2/images/{image}/members', status: 200, json };
}

const remove = done('DELETE /v2/images/{image}/members/{consumer}');

export const members: Chapter = {
  title: 'Members: who may do what',
  rows: [
    ...matrix(),
    ...notShared(),
    ...(['producer', 'consumer', 'admin'] as const).flatMap((by) =>
      (['show', 'answer', 'remove'] as const).map((call) => unknownMember(by, call)),
    ),
    ...everyAnswer(),
    listed('an image without members has an empty list', [image()], memberList()),
    listed(
      'members are listed in the order of adding',
      [image(), member('other'), member('consumer')],
      memberList('other', 'consumer'),
    ),
    listed('a member that is removed is listed no more', [...shared, remove], memberList('other')),
    listed(
      'a member added again has not answered',
      [image(), member('consumer', 'accepted'), remove, member('consumer')],
      memberList('consumer'),
    ),
    {
      says: 'why a public image lists no members is said in words that tests look for',
      given: [visible('public')],
      send: 'GET /v2/images/{image}/members',
      status: 403,
      text: like(/Only shared images have members/),
    },
    {
      says: 'a member is removed once',
      given: [...shared, remove],
      send: 'DELETE /v2/images/{image}/members/{consumer}',
      status: 404,
    },
    {
      says: 'a queued image can be shared',
      given: [image()],
      send: 'POST /v2/images/{image}/members',
      body: { member: '{consumer}' },
      status: 200,
      json: memberOf('{consumer}'),
    },
    {
      says: 'an owner may add its own project',
      given: [image()],
      send: 'POST /v2/images/{image}/members',
      body: { member: '{producer}' },
      status: 200,
      json: memberOf('{producer}'),
    },
    {
      says: 'a member is added once',
      given: shared,
      send: 'POST /v2/images/{image}/members',
      body: { member: '{consumer}' },
      status: 409,
    },
    {
      says: 'an admin answers for any member',
      given: shared,
      by: 'admin',
      send: 'PUT /v2/images/{image}/members/{other}',
      body: { status: 'rejected' },
      status: 200,
      json: memberOf('{other}', 'rejected'),
    },
    {
      says: 'the owner sees what its consumers answered',
      given: [image(), member('consumer', 'accepted'), member('other', 'rejected')],
      send: 'GET /v2/images/{image}/members',
      status: 200,
      json: { members: [memberOf('{consumer}', 'accepted'), memberOf('{other}', 'rejected')] },
    },
    {
      says: 'a stranger does not add itself to a public image',
      given: [visible('public')],
      by: 'stranger',
      send: 'POST /v2/images/{image}/members',
      body: { member: '{stranger}' },
      status: 403,
    },
    {
      says: 'answers stay when the owner changes the image',
      given: [
        image(),
        member('consumer', 'accepted'),
        change([{ op: 'replace', path: '/name', value: 'changed' }]),
      ],
      send: 'GET /v2/images/{image}/members/{consumer}',
      status: 200,
      json: memberOf('{consumer}', 'accepted'),
    },
  ],
};

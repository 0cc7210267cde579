import { memberOf } from './members.ts';
import type { Chapter, Row } from './row.ts';
import { done, image, member, type Step } from './scene.ts';

const shared = [image(), member('consumer')];

function add(says: string, status: number, body: unknown, given: readonly Step[] = shared): Row {
  return { says, given, send: 'POST /v2/images/{image}/members', body, status };
}

function answer(says: string, status: number, body: unknown, by: Row['by'] = 'consumer'): Row {
  const send = 'PUT /v2/images/{image}/members/{consumer}';
  return { says, given: shared, ...(by && { by }), send, body, status };
}

const nothings: readonly string[] = ['', '{}', '[]', '5', '"x"', 'true', 'null', '{bad'];

const full = Array.from({ length: 128 }, (_, index) =>
  done('POST /v2/images/{image}/members', { body: { member: `m${index}` } }),
);

export const memberBodies: Chapter = {
  title: 'Members: bodies, quotas and order of checks',
  rows: [
    ...nothings.map((body) =>
      add(`a member of the body ${body || 'of no bytes'} is refused`, 400, body),
    ),
    ...nothings.map((body) =>
      answer(`an answer of the body ${body || 'of no bytes'} is refused`, 400, body),
    ),
    add('a member without a body is refused', 400, undefined),
    answer('an answer without a body is refused', 400, undefined),
    ...['', null, false, 0, 7, true, ['x'], { a: 1 }, 'm'.repeat(256), 'a\u{1f600}'].map((value) =>
      add(`a member called ${JSON.stringify(value).slice(0, 20)} is refused`, 400, {
        member: value,
      }),
    ),
    add('a member under the name member_id is refused', 400, { member_id: '{other}' }),
    {
      ...add('other keys beside member are ignored', 200, {
        member: '{other}',
        status: 'accepted',
      }),
      json: memberOf('{other}'),
    },
    {
      ...add('a member’s id is any text', 200, { member: 'no project at all' }),
      json: memberOf('no project at all'),
    },
    {
      ...add('a member’s id may have 255 characters', 200, { member: 'm'.repeat(255) }),
      json: memberOf('m'.repeat(255)),
    },
    {
      says: 'a member’s id is percent-decoded once',
      given: [image(), done('POST /v2/images/{image}/members', { body: { member: 'a b%20' } })],
      send: 'GET /v2/images/{image}/members/a%20b%2520',
      status: 200,
      json: memberOf('a b%20'),
    },
    {
      says: 'a member’s id may be of any script',
      given: [image(), done('POST /v2/images/{image}/members', { body: { member: 'Ü' } })],
      send: 'GET /v2/images/{image}/members/%C3%9C',
      status: 200,
      json: memberOf('Ü'),
    },
    {
      says: 'members differ by case',
      given: [image(), done('POST /v2/images/{image}/members', { body: { member: 'abc' } })],
      send: 'GET /v2/images/{image}/members/ABC',
      status: 404,
    },
    ...['nonsense', '', 'ACCEPTED', 'accepted ', 5, null, true, ['accepted']].map((status) =>
      answer(`a consumer’s answer may not be ${JSON.stringify(status)}`, 400, { status }),
    ),
    answer(
      'an owner’s answer is refused before it is looked at',
      403,
      { status: 'nonsense' },
      'producer',
    ),
    answer('an admin’s answer may not be nonsense', 400, { status: 'nonsense' }, 'admin'),
    answer('an answer under another name is refused', 400, { answer: 'accepted' }),
    {
      ...answer('other keys beside status are ignored', 200, {
        status: 'accepted',
        member: '{consumer}',
        created_at: 'x',
      }),
      json: memberOf('{consumer}', 'accepted'),
    },
    {
      says: 'a malformed member is refused before the image is looked for',
      send: 'POST /v2/images/{fresh}/members',
      body: '{}',
      status: 400,
    },
    {
      says: 'a malformed answer is refused before the image is looked for',
      send: 'PUT /v2/images/{fresh}/members/{consumer}',
      body: '{}',
      status: 400,
    },
    ...[
      'GET /v2/images/{fresh}/members',
      'GET /v2/images/{fresh}/members/{consumer}',
      'DELETE /v2/images/{fresh}/members/{consumer}',
    ].map((send): Row => ({ says: `${send} finds no image`, send, status: 404 })),
    {
      says: 'an unknown image has no member added',
      send: 'POST /v2/images/{fresh}/members',
      body: { member: '{consumer}' },
      status: 404,
    },
    {
      says: 'an unknown image has no member that answers',
      send: 'PUT /v2/images/{fresh}/members/{consumer}',
      body: { status: 'accepted' },
      status: 404,
    },
    add('an image takes 128 members', 200, { member: 'last' }, [image(), ...full.slice(1)]),
    add('a 129th member is too many', 413, { member: '{consumer}' }, [image(), ...full]),
    add('a member of a full image is too many, not twice', 413, { member: 'm1' }, [
      image(),
      ...full,
    ]),
    add('a full image has room again when a member is removed', 200, { member: '{consumer}' }, [
      image(),
      ...full,
      done('DELETE /v2/images/{image}/members/m5'),
    ]),
    {
      says: 'the list of members has no pages',
      given: [image(), ...full],
      send: 'GET /v2/images/{image}/members?limit=1&marker=m3',
      status: 200,
      json: { members: Array.from({ length: 128 }, (_, index) => ({ member_id: `m${index}` })) },
    },
  ],
};

import type { CallerName } from '../../support/callers.ts';
import { inAnyOrder } from './matching.ts';
import type { Chapter, Row } from './row.ts';
import { data, image, member, type Step } from './scene.ts';

const mark = { mark: '{unique}' };

/** One image of each kind, all the producer's, told from other rows' images by a property. */
const everyKind: readonly Step[] = [
  image({ visibility: 'private', ...mark }, { as: 'private' }),
  image({ visibility: 'shared', ...mark }, { as: 'unshared' }),
  image({ visibility: 'community', ...mark }, { as: 'community' }),
  image({ visibility: 'public', ...mark }, { as: 'public', by: 'producer admin' }),
  ...(['pending', 'accepted', 'rejected'] as const).flatMap((status) => [
    image({ visibility: 'shared', ...mark }, { as: status }),
    member('consumer', status, status),
  ]),
];

const all = ['private', 'unshared', 'community', 'public', 'pending', 'accepted', 'rejected'];
const everyShared = ['unshared', 'pending', 'accepted', 'rejected'];

/** What each caller finds in which list. */
const lists: readonly (readonly [CallerName, string, readonly string[]])[] = [
  ['producer', '', all],
  ['producer', 'visibility=private', ['private']],
  ['producer', 'visibility=shared', everyShared],
  ['producer', 'visibility=community', ['community']],
  ['producer', 'visibility=public', ['public']],
  ['producer', 'visibility=all', all],
  ['producer', 'visibility=shared&member_status=pending', everyShared],
  ['producer reader', '', all],
  ['consumer', '', ['public', 'accepted']],
  ['consumer', 'member_status=accepted', ['public', 'accepted']],
  ['consumer', 'member_status=pending', ['public', 'pending']],
  ['consumer', 'member_status=rejected', ['public', 'rejected']],
  ['consumer', 'member_status=all', ['public', 'pending', 'accepted', 'rejected']],
  ['consumer', 'visibility=private', []],
  ['consumer', 'visibility=shared', ['accepted']],
  ['consumer', 'visibility=shared&member_status=pending', ['pending']],
  ['consumer', 'visibility=shared&member_status=rejected', ['rejected']],
  ['consumer', 'visibility=shared&member_status=all', ['pending', 'accepted', 'rejected']],
  ['consumer', 'visibility=community', ['community']],
  ['consumer', 'visibility=public', ['public']],
  ['consumer', 'visibility=public&member_status=pending', ['public']],
  ['consumer', 'visibility=all', ['community', 'public', 'accepted']],
  [
    'consumer',
    'visibility=all&member_status=all',
    ['community', 'public', 'pending', 'accepted', 'rejected'],
  ],
  ['consumer', 'visibility=shared&member_status=pending&owner={producer}', ['pending']],
  ['consumer', 'visibility=shared&member_status=pending&owner={other}', []],
  ['consumer', 'owner={producer}', ['public', 'accepted']],
  ['consumer reader', '', ['public', 'accepted']],
  ['stranger', '', ['public']],
  ['stranger', 'visibility=shared&member_status=all', []],
  ['stranger', 'visibility=community', ['community']],
  ['stranger', 'visibility=all', ['community', 'public']],
  ['admin', '', all.filter((kind) => kind !== 'community')],
  ['admin', 'visibility=private', ['private']],
  ['admin', 'visibility=shared', everyShared],
  ['admin', 'visibility=shared&member_status=pending', everyShared],
  ['admin', 'visibility=community', ['community']],
  ['admin', 'visibility=public', ['public']],
  ['admin', 'visibility=all', all],
  ['producer admin', '', all],
];

function refused(query: string): Row {
  return {
    says: `no list is made for ${query}`,
    by: 'consumer',
    send: `GET /v2/images?${query}`,
    status: 400,
  };
}

const hidden = [
  image({ mark: '{unique}', os_hidden: true }, { as: 'hidden' }),
  image({ mark: '{unique}' }, { as: 'plain' }),
];

function hiding(query: string, found: string): Row {
  return {
    says: `os_hidden: the list ${query || 'without a word on it'} has the ${found} image alone`,
    given: hidden,
    send: `GET /v2/images?mark={unique}${query && `&${query}`}`,
    status: 200,
    json: { images: [{ id: `{${found}}` }] },
  };
}

export const visibilityInLists: Chapter = {
  title: 'Lists: who finds what',
  rows: [
    ...lists.map(
      ([by, query, found]): Row => ({
        says: `${by} finds ${found.join(', ') || 'nothing'} in the list ${query || 'of no filter'}`,
        given: everyKind,
        by,
        send: `GET /v2/images?mark={unique}${query && `&${query}`}`,
        status: 200,
        json: { images: inAnyOrder(...found.map((kind) => ({ id: `{${kind}}` }))) },
      }),
    ),
    ...['nonsense', '', 'PUBLIC', 'public,private'].map((value) => refused(`visibility=${value}`)),
    ...['nonsense', '', 'ACCEPTED'].map((value) => refused(`member_status=${value}`)),
    hiding('', 'plain'),
    hiding('os_hidden=false', 'plain'),
    hiding('os_hidden=true', 'hidden'),
    hiding('os_hidden=True', 'hidden'),
    hiding('os_hidden=TRUE', 'hidden'),
    hiding('os_hidden=False', 'plain'),
    refused('os_hidden=nonsense'),
    refused('os_hidden=1'),
    {
      says: 'an image without owner is in no list of a project’s',
      given: [image({ owner: null, visibility: 'shared', ...mark }, { by: 'admin' })],
      send: 'GET /v2/images?mark={unique}',
      status: 200,
      json: { images: [] },
    },
    {
      says: 'an image without owner is in the admin’s list',
      given: [image({ owner: null, visibility: 'shared', ...mark }, { by: 'admin' })],
      by: 'admin',
      send: 'GET /v2/images?mark={unique}',
      status: 200,
      json: { images: [{ id: '{image}', owner: null }] },
    },
    {
      says: 'a listed image shows the same as by its id',
      given: [image({ ...mark, tags: ['a'] }), data('12345')],
      send: 'GET /v2/images?mark={unique}',
      status: 200,
      json: {
        images: [
          {
            id: '{image}',
            status: 'active',
            size: 5,
            tags: ['a'],
            mark: '{unique}',
            self: '/v2/images/{image}',
          },
        ],
      },
    },
  ],
};

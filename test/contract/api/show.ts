import type { CallerName } from '../../support/callers.ts';
import { imageKeys } from './create.ts';
import { all, keys, time } from './matching.ts';
import type { Chapter, Row } from './row.ts';
import { change, data, deleted, done, image, member, type Step, visible } from './scene.ts';

const callers = [
  'producer',
  'producer reader',
  'consumer',
  'consumer reader',
  'stranger',
  'admin',
] as const;

/** Who sees what by its id. The consumer is a member in every case, whatever the visibility. */
const seenBy: Readonly<Record<string, readonly CallerName[]>> = {
  private: ['producer', 'producer reader', 'admin'],
  shared: ['producer', 'producer reader', 'consumer', 'consumer reader', 'admin'],
  community: callers,
  public: callers,
};

function* whoSeesWhat(): Generator<Row> {
  for (const [visibility, seers] of Object.entries(seenBy)) {
    for (const by of callers) {
      const sees = seers.includes(by);
      yield {
        says: `${by} ${sees ? 'sees' : 'does not see'} a ${visibility} image by its id`,
        given: [
          image(),
          member('consumer', 'accepted'),
          change([replace('visibility', visibility)]),
        ],
        by,
        send: 'GET /v2/images/{image}',
        status: sees ? 200 : 404,
        ...(sees && { json: { id: '{image}', visibility } }),
      };
    }
  }
}

function replace(name: string, value: unknown) {
  return { op: 'replace', path: `/${name}`, value };
}

function seen(says: string, by: CallerName, given: readonly Step[]): Row {
  return { says, given, by, send: 'GET /v2/images/{image}', status: 200, json: { id: '{image}' } };
}

function hidden(says: string, by: CallerName, given: readonly Step[]): Row {
  return { says, given, by, send: 'GET /v2/images/{image}', status: 404 };
}

const ownerless = (visibility: string) => [image({ visibility, owner: null }, { by: 'admin' })];

export const show: Chapter = {
  title: 'Showing an image, and who sees it',
  rows: [
    {
      says: 'an image with data shows its size and hashes',
      given: [image({ name: 'golden', os_distro: 'debian' }), data('12345')],
      send: 'GET /v2/images/{image}',
      status: 200,
      answers: { 'content-type': 'application/json' },
      json: all(keys(...imageKeys, 'os_distro'), {
        id: '{image}',
        name: 'golden',
        status: 'active',
        visibility: 'shared',
        owner: '{producer}',
        os_distro: 'debian',
        size: 5,
        virtual_size: 5,
        checksum: '827ccb0eea8a706c4c34a16891f84e7b',
        os_hash_algo: 'sha512',
        os_hash_value:
          '3627909a29c31381a071ec27f7c9ca97726182aed29a7ddd2e54353322cfb30abb9e3a6df2ac2c20fe23436311d678564d0c8d305930575f60e2d3d048184d79',
        created_at: time,
        updated_at: time,
        self: '/v2/images/{image}',
        file: '/v2/images/{image}/file',
        schema: '/v2/schemas/image',
      }),
    },
    ...whoSeesWhat(),
    ...(['pending', 'accepted', 'rejected'] as const).map((status) =>
      seen(`a member sees the image when its answer is ${status}`, 'consumer', [
        image(),
        member('consumer', status),
      ]),
    ),
    hidden('a member who is removed sees the image no more', 'consumer', [
      image(),
      member('consumer', 'accepted'),
      done('DELETE /v2/images/{image}/members/{consumer}'),
    ]),
    hidden('a private image is hidden from its members at once', 'consumer', [
      image(),
      member('consumer', 'accepted'),
      change([replace('visibility', 'private')]),
    ]),
    seen('an image shared again has its old members', 'consumer', [
      image(),
      member('consumer', 'accepted'),
      change([replace('visibility', 'private')]),
      change([replace('visibility', 'shared')]),
    ]),
    hidden('a deleted image is found by nobody', 'admin', [image(), deleted()]),
    hidden('a deleted image is not found by its owner', 'producer', [
      image(),
      data('x'),
      deleted(),
    ]),
    seen('an image without owner is seen by all if it is shared', 'stranger', ownerless('shared')),
    seen('an image without owner is seen by all if it is public', 'stranger', ownerless('public')),
    hidden('an image without owner is hidden if it is private', 'stranger', ownerless('private')),
    seen('an admin sees a private image without owner', 'admin', ownerless('private')),
    seen('a hidden image is seen by its id', 'producer', [image({ os_hidden: true })]),
    seen('a public image that is hidden is seen by its id', 'stranger', [
      visible('public', { os_hidden: true }),
    ]),
    seen('a deactivated image is seen', 'consumer', [
      image(),
      data('12345'),
      member('consumer'),
      done('POST /v2/images/{image}/actions/deactivate'),
    ]),
    hidden('a token without a project sees no private image', 'unscoped', [
      image({ visibility: 'private' }),
    ]),
  ],
};

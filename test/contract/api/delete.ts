import type { CallerName } from '../../support/callers.ts';
import { absent } from './matching.ts';
import type { Chapter, Row } from './row.ts';
import { change, data, deleted, done, image, member, type Step, visible } from './scene.ts';

function deletes(
  says: string,
  status: number,
  by: CallerName,
  given: readonly Step[] = [image()],
): Row {
  return { says, given, by, send: 'DELETE /v2/images/{image}', status };
}

const shared = [image(), member('consumer', 'accepted')];

export const deleting: Chapter = {
  title: 'Deleting an image',
  rows: [
    {
      ...deletes('the owner deletes a queued image', 204, 'producer'),
      text: '',
      answers: { location: absent },
    },
    deletes('the owner deletes an image with data', 204, 'producer', [image(), data('12345')]),
    deletes('the owner deletes an image with members', 204, 'producer', shared),
    deletes('the owner deletes a deactivated image', 204, 'producer', [
      image(),
      data('12345'),
      done('POST /v2/images/{image}/actions/deactivate'),
    ]),
    deletes('an admin deletes any image', 204, 'admin'),
    deletes('the owner deletes a public image', 204, 'producer', [visible('public')]),
    deletes('a reader of the owner’s project deletes nothing', 403, 'producer reader'),
    deletes('a consumer deletes nothing', 403, 'consumer', shared),
    deletes('a stranger does not find the image to delete', 404, 'stranger'),
    deletes('a stranger deletes no public image', 403, 'stranger', [visible('public')]),
    deletes('a stranger deletes no community image', 403, 'stranger', [visible('community')]),
    deletes('a protected image is not deleted', 403, 'producer', [image({ protected: true })]),
    deletes('an admin deletes no protected image either', 403, 'admin', [
      image({ protected: true }),
    ]),
    deletes('an image that is protected no more is deleted', 204, 'producer', [
      image({ protected: true }),
      change([{ op: 'replace', path: '/protected', value: false }]),
    ]),
    deletes('an image is deleted once', 404, 'producer', [image(), deleted()]),
    {
      says: 'an unknown image is not found to delete',
      send: 'DELETE /v2/images/{fresh}',
      status: 404,
    },
    {
      says: 'the data of a deleted image is not found',
      given: [image(), data('12345'), deleted()],
      send: 'GET /v2/images/{image}/file',
      status: 404,
    },
    {
      says: 'the members of a deleted image are not found',
      given: [...shared, deleted()],
      send: 'GET /v2/images/{image}/members',
      status: 404,
    },
    {
      says: 'a deleted image is in no list',
      given: [image({ name: '{unique}' }), deleted()],
      by: 'admin',
      send: 'GET /v2/images?name={unique}&visibility=all',
      status: 200,
      json: { images: [] },
    },
  ],
};

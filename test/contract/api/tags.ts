import type { CallerName } from '../../support/callers.ts';
import { inAnyOrder } from './matching.ts';
import type { Chapter, Row } from './row.ts';
import { data, done, image, member, type Step, visible } from './scene.ts';

interface Tagging {
  readonly given?: readonly Step[];
  readonly by?: CallerName;
}

function tag(says: string, status: number, name: string, more: Tagging = {}): Row {
  return { says, given: [image()], send: `PUT /v2/images/{image}/tags/${name}`, status, ...more };
}

function untag(says: string, status: number, name: string, more: Tagging = {}): Row {
  const given = [image({ tags: ['old', 'other'] })];
  return { says, given, send: `DELETE /v2/images/{image}/tags/${name}`, status, ...more };
}

function tagsAfter(says: string, steps: readonly string[], ...tags: readonly string[]): Row {
  return {
    says,
    given: [image({ tags: ['old'] }), ...steps.map((step) => done(step))],
    send: 'GET /v2/images/{image}',
    status: 200,
    json: { tags: inAnyOrder(...tags) },
  };
}

const path = '/v2/images/{image}/tags';
const shared = [image({ tags: ['old'] }), member('consumer', 'accepted')];
const full = [image({ tags: Array.from({ length: 128 }, (_, index) => `t${index}`) })];

export const tags: Chapter = {
  title: 'Tags',
  rows: [
    { ...tag('the owner tags an image', 204, 'new'), text: '' },
    { ...untag('the owner takes a tag away', 204, 'old'), text: '' },
    tagsAfter('a tag is added to the others', [`PUT ${path}/new`], 'old', 'new'),
    tagsAfter('a tag is there once', [`PUT ${path}/old`, `PUT ${path}/old`], 'old'),
    tagsAfter('a tag that is taken away is gone', [`DELETE ${path}/old`]),
    tagsAfter('a tag may have blanks', [`PUT ${path}/a%20b`], 'old', 'a b'),
    tagsAfter('a tag may be of any script', [`PUT ${path}/%C3%9C`], 'old', 'Ü'),
    tagsAfter('a tag is decoded once', [`PUT ${path}/a%2520b`], 'old', 'a%20b'),
    tagsAfter('a plus is no blank', [`PUT ${path}/a+b`], 'old', 'a+b'),
    tagsAfter('tags differ by case', [`PUT ${path}/OLD`], 'old', 'OLD'),
    tag('tagging twice is no error', 204, 'old', { given: [image({ tags: ['old'] })] }),
    tag('a tag of 255 characters is fine', 204, 'x'.repeat(255)),
    tag('a tag of 256 characters is refused', 400, 'x'.repeat(256)),
    tag('a tag of characters of four bytes is refused', 400, '%F0%9F%98%80'),
    tag('a tag may have a slash, if it is encoded', 204, 'a%2Fb'),
    tag('a 129th tag is too many', 413, 'new', { given: full }),
    tag('a tag that is there already is not too many', 204, 't1', { given: full }),
    tag('an active image can be tagged', 204, 'new', { given: [image(), data('12345')] }),
    tag('an admin tags any image', 204, 'new', { by: 'admin' }),
    tag('a reader of the owner’s project tags nothing', 403, 'new', { by: 'producer reader' }),
    tag('a consumer tags nothing', 403, 'new', { given: shared, by: 'consumer' }),
    tag('a stranger does not find the image to tag', 404, 'new', { by: 'stranger' }),
    tag('a stranger tags no public image', 403, 'new', {
      given: [visible('public')],
      by: 'stranger',
    }),
    untag('a tag that is not there is not found', 404, 'absent'),
    untag('a consumer takes no tag away', 403, 'old', { given: shared, by: 'consumer' }),
    untag('a stranger does not find the image to untag', 404, 'old', { by: 'stranger' }),
    untag('a reader of the owner’s project takes no tag away', 403, 'old', {
      by: 'producer reader',
    }),
    { says: 'an unknown image is not tagged', send: 'PUT /v2/images/{fresh}/tags/x', status: 404 },
    {
      says: 'an unknown image has no tag to take',
      send: 'DELETE /v2/images/{fresh}/tags/x',
      status: 404,
    },
  ],
};

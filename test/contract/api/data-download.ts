import type { CallerName } from '../../support/callers.ts';
import { absent } from './matching.ts';
import type { Chapter, Row } from './row.ts';
import { data, done, image, member, type Step, visible } from './scene.ts';

const withData = [image(), data('12345')];
const deactivate = done('POST /v2/images/{image}/actions/deactivate');

interface Download {
  readonly given?: readonly Step[];
  readonly by?: CallerName;
  readonly headers?: Readonly<Record<string, string>>;
}

function download(says: string, status: number, more: Download = {}): Row {
  return { says, given: withData, send: 'GET /v2/images/{image}/file', status, ...more };
}

function whole(says: string, more: Download = {}): Row {
  return {
    ...download(says, 200, more),
    answers: {
      'content-type': 'application/octet-stream',
      'content-length': '5',
      'content-md5': '827ccb0eea8a706c4c34a16891f84e7b',
      'content-range': absent,
    },
    text: '12345',
  };
}

function part(range: string, text: string, contentRange: string): Row {
  return {
    ...download(`Range ${range} of five bytes is ${contentRange}`, 206, { headers: { range } }),
    answers: {
      'content-type': 'application/octet-stream',
      'content-length': String(text.length),
      'content-range': contentRange,
    },
    text,
  };
}

function noPart(range: string, status: number): Row {
  return download(`Range ${range} of five bytes is ${status}`, status, { headers: { range } });
}

export const dataDown: Chapter = {
  title: 'Fetching data',
  rows: [
    whole('the owner fetches the data'),
    whole('a consumer fetches the data, whatever its answer', {
      given: [...withData, member('consumer', 'rejected')],
      by: 'consumer',
    }),
    whole('a consumer that has not answered fetches the data', {
      given: [...withData, member('consumer', 'pending')],
      by: 'consumer',
    }),
    whole('an admin fetches any data', { by: 'admin' }),
    whole('a stranger fetches the data of a public image', {
      given: [visible('public'), data('12345')],
      by: 'stranger',
    }),
    whole('a stranger fetches the data of a community image', {
      given: [visible('community'), data('12345')],
      by: 'stranger',
    }),
    whole('an admin fetches the data of a deactivated image', {
      given: [...withData, deactivate],
      by: 'admin',
    }),
    whole('a reactivated image gives its data', {
      given: [...withData, deactivate, done('POST /v2/images/{image}/actions/reactivate')],
    }),
    download('a stranger does not find the data', 404, { by: 'stranger' }),
    download('a reader of the owner’s project fetches no data', 403, { by: 'producer reader' }),
    download('a reader of a consumer’s project fetches no data', 403, {
      given: [...withData, member('consumer', 'accepted')],
      by: 'consumer reader',
    }),
    download('a deactivated image gives its owner no data', 403, {
      given: [...withData, deactivate],
    }),
    download('a deactivated image gives a consumer no data', 403, {
      given: [...withData, member('consumer', 'accepted'), deactivate],
      by: 'consumer',
    }),
    { ...download('an image without data gives 204', 204, { given: [image()] }), text: '' },
    { ...download('an unknown image gives no data', 404), send: 'GET /v2/images/{fresh}/file' },
    part('bytes=0-4', '12345', 'bytes 0-4/5'),
    part('bytes=0-0', '1', 'bytes 0-0/5'),
    part('bytes=1-2', '23', 'bytes 1-2/5'),
    part('bytes=1-', '2345', 'bytes 1-4/5'),
    part('bytes=4-4', '5', 'bytes 4-4/5'),
    part('bytes=-2', '45', 'bytes 3-4/5'),
    part('bytes=-99', '12345', 'bytes 0-4/5'),
    part('bytes=0-99', '12345', 'bytes 0-4/5'),
    noPart('bytes=5-', 416),
    noPart('bytes=9-10', 416),
    noPart('bytes=3-1', 416),
    noPart('bytes=a-b', 416),
    noPart('bytes=', 416),
    noPart('bytes=-', 416),
    noPart('bytes=-0', 416),
    noPart('nonsense', 416),
    noPart('bytes=0-1,3-4', 400),
    {
      ...part('bytes=1-2', '23', 'bytes 1-2/5'),
      says: 'Content-Range in a request asks for a part too',
      headers: { 'content-range': 'bytes 1-2/5' },
    },
    {
      ...part('bytes=1-2', '23', 'bytes 1-2/5'),
      says: 'Content-Range in a request need not know the size',
      headers: { 'content-range': 'bytes 1-2/*' },
    },
    download('Content-Range in a request may not name another size', 416, {
      headers: { 'content-range': 'bytes 1-2/9' },
    }),
    download('Content-Range in a request may not end after the data', 416, {
      headers: { 'content-range': 'bytes 1-9/5' },
    }),
    download('a part of an image without data is no part', 204, {
      given: [image()],
      headers: { range: 'bytes=0-1' },
    }),
    {
      ...whole('a condition on the time is not looked at', {
        headers: { 'if-modified-since': 'Fri, 01 Jan 2100 00:00:00 GMT' },
      }),
    },
    {
      ...whole('neither ETag nor Accept-Ranges is promised'),
      answers: { etag: absent, 'accept-ranges': absent },
    },
    {
      ...download('no store is preferred where there is but one', 400),
      send: 'GET /v2/images/{image}/file?prefer=fast',
    },
    whole('data is sent whatever type is accepted', { headers: { accept: 'application/json' } }),
  ],
};

import { absent, all, keys, like } from './matching.ts';
import type { Chapter, Row } from './row.ts';
import { data, deleted, image, type Step } from './scene.ts';

const mark = { mark: '{unique}' };

/** Names and sizes in opposite orders. */
const three: readonly Step[] = [
  image({ ...mark, name: 'a', disk_format: 'raw' }, { as: 'a' }),
  image({ ...mark, name: 'b', disk_format: 'ploop' }, { as: 'b' }),
  image({ ...mark, name: 'c', disk_format: 'raw' }, { as: 'c' }),
  data('123', 'a'),
  data('12', 'b'),
  data('1', 'c'),
];

/** The order that each way of asking gives. */
const orders: Readonly<Record<string, string>> = {
  'sort=name:asc': 'abc',
  'sort=name:desc': 'cba',
  'sort=name': 'cba',
  'sort=size:asc': 'cba',
  'sort=size:desc': 'abc',
  'sort=disk_format:asc,name:asc': 'bac',
  'sort=disk_format:asc,name:desc': 'bca',
  'sort=disk_format:desc,name': 'cab',
  'sort=status:asc,name:asc': 'abc',
  'sort=container_format,name:asc': 'abc',
  'sort_key=name&sort_dir=asc': 'abc',
  'sort_key=name&sort_dir=desc': 'cba',
  'sort_key=name': 'cba',
  'sort_key=size&sort_dir=asc': 'cba',
  'sort_key=disk_format&sort_key=name&sort_dir=asc': 'bac',
  'sort_key=disk_format&sort_key=name&sort_dir=asc&sort_dir=desc': 'bca',
  'sort_key=disk_format&sort_key=name&sort_dir=desc&sort_dir=asc': 'acb',
  'sort_key=disk_format&sort_key=name': 'cab',
  'sort=name:asc&limit=2': 'ab',
  'sort=name:asc&limit=1': 'a',
  'sort=name:asc&limit=0': '',
  'sort=name:asc&marker={a}': 'bc',
  'sort=name:asc&marker={b}': 'c',
  'sort=name:asc&marker={c}': '',
  'sort=name:desc&marker={c}&limit=1': 'b',
  'sort=disk_format:asc,name:asc&marker={b}': 'ac',
  'sort_key=size&sort_dir=asc&marker={c}': 'ba',
  'sort=name:asc&limit=100000': 'abc',
};

const refused = [
  'sort=nonsense:asc',
  'sort=name:up',
  'sort=name:asc:desc',
  'sort=min_disk:asc',
  'sort=owner:asc',
  'sort_key=nonsense',
  'sort_key=name&sort_dir=up',
  'sort_key=name&sort_dir=asc&sort_dir=desc',
  'sort_key=name&sort_key=size&sort_key=id&sort_dir=asc&sort_dir=asc',
  'sort=name:asc&sort_key=name',
  'sort=name:asc&sort_dir=asc',
  'limit=-1',
  'limit=',
  'limit=nonsense',
  'limit=1.5',
  'marker=',
  'marker=nonsense',
  'sort=',
  'sort_key=',
  'marker={fresh}',
] as const;

const links: Readonly<Record<string, readonly [unknown, unknown]>> = {
  'limit=1': [
    '/v2/images?mark={unique}&limit=1',
    like(/^\/v2\/images\?mark=.+&limit=1&marker=.+$/),
  ],
  'limit=0': ['/v2/images?mark={unique}&limit=0', absent],
  'limit=4': ['/v2/images?mark={unique}&limit=4', absent],
  'limit=3&sort=name:asc': [like(/^\/v2\/images\?mark=/), like(/[?&]marker=.+/)],
  'limit=1&marker={a}&sort=name:asc': [
    like(/^\/v2\/images\?(?!.*marker=).+$/),
    like(/^\/v2\/images\?.*marker=.+$/),
  ],
};

export const paging: Chapter = {
  title: 'Lists: order and pages',
  rows: [
    ...Object.entries(orders).map(
      ([query, order]): Row => ({
        says: `${query} gives ${order || 'an empty page'}`,
        given: three,
        send: `GET /v2/images?mark={unique}&${query}`,
        status: 200,
        json: { images: order.split('').map((name) => ({ id: `{${name}}` })) },
      }),
    ),
    ...refused.map(
      (query): Row => ({
        says: `the page ${query} is refused`,
        send: `GET /v2/images?${query}`,
        status: 400,
      }),
    ),
    ...Object.entries(links).map(
      ([query, [first, next]]): Row => ({
        says: `the page ${query} of three images names its first and next page`,
        given: three,
        send: `GET /v2/images?mark={unique}&${query}`,
        status: 200,
        json: { first, next, schema: '/v2/schemas/images' },
      }),
    ),
    {
      says: 'a list without a query has a first page without a query',
      by: 'stranger',
      send: 'GET /v2/images',
      status: 200,
      json: { first: '/v2/images', schema: '/v2/schemas/images' },
    },
    {
      says: 'an empty list is a list',
      send: 'GET /v2/images?name={unique}',
      status: 200,
      answers: { 'content-type': 'application/json' },
      json: all(keys('images', 'first', 'schema'), { images: [] }),
    },
    {
      says: 'a page holds 25 images unless more are asked for',
      given: Array.from({ length: 26 }, (_, index) => image({ ...mark, name: `n${index}` })),
      send: 'GET /v2/images?mark={unique}',
      status: 200,
      json: {
        images: Array.from({ length: 25 }, () => ({ mark: '{unique}' })),
        next: like(/marker=/),
      },
    },
    {
      says: 'repeated parameters stay in the links',
      given: [image({ ...mark, tags: ['x', 'y'] })],
      send: 'GET /v2/images?tag=x&tag=y&mark={unique}&limit=1',
      status: 200,
      json: { first: like(/tag=x&tag=y/), next: like(/tag=x&tag=y/) },
    },
    {
      says: 'a deleted image is no marker',
      given: [image(), deleted()],
      send: 'GET /v2/images?marker={image}',
      status: 400,
    },
    {
      says: 'an image that is not seen is no marker, as if it were not there',
      given: [image({ visibility: 'private' })],
      by: 'stranger',
      send: 'GET /v2/images?marker={image}',
      status: 400,
    },
  ],
};

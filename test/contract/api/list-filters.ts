import { inAnyOrder } from './matching.ts';
import type { Chapter, Row } from './row.ts';
import { data, image, type Step } from './scene.ts';

const mark = { mark: '{unique}' };

/** Two images that differ in all that can be asked for, and one with a name that is hard to write. */
const three: readonly Step[] = [
  image(
    { ...mark, name: 'alpha', min_disk: 1, min_ram: 10, tags: ['x', 'y'], os_distro: 'debian' },
    { as: 'alpha' },
  ),
  image(
    {
      ...mark,
      name: 'beta',
      disk_format: 'qcow2',
      container_format: 'ovf',
      min_disk: 5,
      min_ram: 50,
      tags: ['y'],
      protected: true,
    },
    { as: 'beta' },
  ),
  image({ ...mark, name: 'a,b:"c', os_distro: 'arch' }, { as: 'gamma' }),
  data('12345', 'alpha'),
];

const every = ['alpha', 'beta', 'gamma'];

/** What each query finds. */
const found: Readonly<Record<string, readonly string[]>> = {
  '': every,
  'name=alpha': ['alpha'],
  'name=ALPHA': [],
  'name=nonsense': [],
  'name=eq:alpha': ['alpha'],
  'name=in:alpha,beta': ['alpha', 'beta'],
  'name=in:alpha,nonsense': ['alpha'],
  'name=in:"alpha","beta"': ['alpha', 'beta'],
  'name=in:%22a,b:%5C%22c%22,beta': ['beta', 'gamma'],
  'name=eq:a,b:%22c': ['gamma'],
  'id={beta}': ['beta'],
  'id=in:{alpha},{beta}': ['alpha', 'beta'],
  'id=nonsense': [],
  'status=active': ['alpha'],
  'status=queued': ['beta', 'gamma'],
  'status=in:active,queued': every,
  'status=nonsense': [],
  'disk_format=qcow2': ['beta'],
  'disk_format=in:qcow2,raw': every,
  'container_format=ovf': ['beta'],
  'container_format=in:ovf,bare': every,
  'owner={producer}': every,
  'owner={consumer}': [],
  'protected=true': ['beta'],
  'protected=false': ['alpha', 'gamma'],
  'tag=x': ['alpha'],
  'tag=y': ['alpha', 'beta'],
  'tag=x&tag=y': ['alpha'],
  'tag=X': [],
  'tag=nonsense': [],
  'min_disk=5': ['beta'],
  'min_ram=10': ['alpha'],
  'min_disk_min=1': ['alpha', 'beta'],
  'min_disk_max=1': ['alpha', 'gamma'],
  'min_ram_min=11': ['beta'],
  'min_ram_max=10': ['alpha', 'gamma'],
  'size=5': ['alpha'],
  'size_min=5': ['alpha'],
  'size_min=6': [],
  'size_min=-1': ['alpha'],
  'size_max=5': ['alpha'],
  'size_max=4': [],
  'size_min=1&size_max=9': ['alpha'],
  'checksum=827ccb0eea8a706c4c34a16891f84e7b': ['alpha'],
  'os_hash_algo=sha512': ['alpha'],
  'os_hash_value=nonsense': [],
  'os_distro=debian': ['alpha'],
  'os_distro=nonsense': [],
  'nonsense=nonsense': [],
  'deleted=true': every,
  'deleted=false': every,
  'os_distro=debian&name=alpha': ['alpha'],
  'os_distro=debian&name=beta': [],
  'created_at=gt:2020-01-01T00:00:00Z': every,
  'created_at=gte:2020-01-01T00:00:00Z': every,
  'created_at=lt:2020-01-01T00:00:00Z': [],
  'created_at=lte:2020-01-01T00:00:00Z': [],
  'created_at=eq:2020-01-01T00:00:00Z': [],
  'created_at=2020-01-01T00:00:00Z': [],
  'created_at=neq:2020-01-01T00:00:00Z': every,
  'updated_at=gt:2020-01-01T00:00:00Z': every,
  'updated_at=lt:2020-01-01T00:00:00Z': [],
};

const refused = [
  'name=foo:bar',
  'name=gt:alpha',
  'name=in:"alpha',
  'name=in:al"pha',
  'status=neq:active',
  'disk_format=foo:bar',
  'container_format=foo:bar',
  'id=foo:bar',
  'created_at=nonsense',
  'created_at=foo:2020-01-01T00:00:00Z',
  'created_at=gt:nonsense',
  'updated_at=in:2020-01-01T00:00:00Z',
  'protected=True',
  'protected=yes',
  'size_min=nonsense',
  'size_max=nonsense',
  'size_min=',
  'min_ram_min=nonsense',
  'nonsense_min=5',
  'min_disk_min=1.5',
  'changes-since=2020-01-01T00:00:00Z',
] as const;

export const filters: Chapter = {
  title: 'Lists: filters',
  rows: [
    ...Object.entries(found).map(
      ([query, names]): Row => ({
        says: `${query || 'no filter'} finds ${names.join(', ') || 'nothing'}`,
        given: three,
        send: `GET /v2/images?mark={unique}${query && `&${query}`}`,
        status: 200,
        json: { images: inAnyOrder(...names.map((name) => ({ id: `{${name}}` }))) },
      }),
    ),
    ...refused.map(
      (query): Row => ({
        says: `the filter ${query} is refused`,
        send: `GET /v2/images?${query}`,
        status: 400,
      }),
    ),
  ],
};

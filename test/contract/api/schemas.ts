import { all, inAnyOrder, keys } from './matching.ts';
import type { Chapter, Row } from './row.ts';

const string = { type: 'string' };

/** The whole documents, to their last word. */
const documents: Readonly<Record<string, unknown>> = {
  '/v2/schemas/image': all(keys('name', 'properties', 'additionalProperties', 'links'), {
    name: 'image',
    additionalProperties: string,
    links: [
      { rel: 'self', href: '{self}' },
      { rel: 'enclosure', href: '{file}' },
      { rel: 'describedby', href: '{schema}' },
    ],
    properties: {
      id: { type: 'string' },
      name: { type: ['null', 'string'], maxLength: 255 },
      status: { type: 'string', readOnly: true },
      visibility: { type: 'string', enum: inAnyOrder('community', 'public', 'private', 'shared') },
      protected: { type: 'boolean' },
      os_hidden: { type: 'boolean' },
      checksum: { type: ['null', 'string'], readOnly: true, maxLength: 32 },
      os_hash_algo: { type: ['null', 'string'], readOnly: true, maxLength: 64 },
      os_hash_value: { type: ['null', 'string'], readOnly: true, maxLength: 128 },
      owner: { type: ['null', 'string'], maxLength: 255 },
      size: { type: ['null', 'integer'], readOnly: true },
      virtual_size: { type: ['null', 'integer'], readOnly: true },
      container_format: {
        type: ['null', 'string'],
        enum: [null, 'ami', 'ari', 'aki', 'bare', 'ovf', 'ova', 'docker', 'compressed'],
      },
      disk_format: {
        type: ['null', 'string'],
        enum: [
          null,
          'ami',
          'ari',
          'aki',
          'vhd',
          'vhdx',
          'vmdk',
          'raw',
          'qcow2',
          'vdi',
          'iso',
          'ploop',
        ],
      },
      created_at: { type: 'string', readOnly: true },
      updated_at: { type: 'string', readOnly: true },
      tags: { type: 'array', items: { type: 'string', maxLength: 255 } },
      direct_url: { type: 'string', readOnly: true },
      min_ram: { type: 'integer' },
      min_disk: { type: 'integer' },
      self: { type: 'string', readOnly: true },
      file: { type: 'string', readOnly: true },
      stores: { type: 'string', readOnly: true },
      schema: { type: 'string', readOnly: true },
      locations: { type: 'array' },
    },
  }),
  '/v2/schemas/images': {
    name: 'images',
    properties: {
      images: { type: 'array', items: { name: 'image' } },
      first: { type: 'string' },
      next: { type: 'string' },
      schema: { type: 'string' },
    },
    links: [
      { rel: 'first', href: '{first}' },
      { rel: 'next', href: '{next}' },
      { rel: 'describedby', href: '{schema}' },
    ],
  },
  '/v2/schemas/member': {
    name: 'member',
    properties: {
      created_at: string,
      image_id: { type: 'string' },
      member_id: { type: 'string' },
      schema: { type: 'string', readOnly: true },
      status: { type: 'string', enum: ['pending', 'accepted', 'rejected'] },
      updated_at: string,
    },
  },
  '/v2/schemas/members': {
    name: 'members',
    properties: {
      members: { type: 'array', items: { name: 'member' } },
      schema: { type: 'string' },
    },
    links: [{ rel: 'describedby', href: '{schema}' }],
  },
};

const others = [
  'task',
  'tasks',
  'metadefs/namespace',
  'metadefs/namespaces',
  'metadefs/resource_type',
  'metadefs/resource_types',
  'metadefs/property',
  'metadefs/properties',
  'metadefs/object',
  'metadefs/objects',
  'metadefs/tag',
  'metadefs/tags',
] as const;

export const schemas: Chapter = {
  title: 'Schemas, and what the service offers',
  rows: [
    ...Object.entries(documents).map(
      ([path, json]): Row => ({
        says: `${path} says what the document has`,
        send: `GET ${path}`,
        status: 200,
        answers: { 'content-type': 'application/json' },
        json,
      }),
    ),
    ...others.map(
      (name): Row => ({
        says: `there is a schema ${name}`,
        send: `GET /v2/schemas/${name}`,
        status: 200,
        json: { properties: {} },
      }),
    ),
    {
      says: 'the ways in which data can be imported are told',
      send: 'GET /v2/info/import',
      status: 200,
      json: all(keys('import-methods'), {
        'import-methods': all(keys('description', 'type', 'value'), {
          type: 'array',
          value: ['glance-direct', 'web-download', 'copy-image'],
        }),
      }),
    },
    ...['GET /v2/info/stores', 'GET /v2/info/stores/detail', 'DELETE /v2/stores/one/{fresh}'].map(
      (send): Row => ({ says: `${send} is not found where there is one store`, send, status: 404 }),
    ),
    {
      says: 'a project without limits has no use to be told of',
      send: 'GET /v2/info/usage',
      status: 200,
      answers: { 'content-type': 'application/json' },
      json: all(keys('usage'), { usage: all(keys(), {}) }),
    },
    ...(['producer reader', 'stranger', 'admin'] as const).map(
      (by): Row => ({
        says: `${by} reads schemas`,
        by,
        send: 'GET /v2/schemas/image',
        status: 200,
        json: { name: 'image' },
      }),
    ),
  ],
};

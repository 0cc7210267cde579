import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { callerOf, imageWith } from '../../test/support/domain.ts';
import {
  deleteEvent,
  type EventType,
  failedUploadEvent,
  imageEvent,
  isDisabled,
  memberDeleteEvent,
  memberEvent,
  prepareEvent,
  sendEvent,
  uploadEvent,
} from './event.ts';

const image = imageWith({
  name: 'golden',
  visibility: 'public',
  tags: ['a'],
  properties: new Map([['os_distro', 'debian']]),
  size: 5,
});
const member = {
  imageId: image.id,
  projectId: 'consumer',
  status: 'accepted',
  createdAt: new Date(0),
  updatedAt: new Date(61_999),
} as const;
const imagePayload = {
  id: image.id,
  name: 'golden',
  status: 'queued',
  created_at: '1970-01-01T00:00:00Z',
  updated_at: '1970-01-01T00:00:00Z',
  min_disk: 0,
  min_ram: 0,
  protected: false,
  checksum: null,
  owner: 'owner',
  disk_format: null,
  container_format: null,
  size: 5,
  virtual_size: null,
  is_public: true,
  visibility: 'public',
  properties: { os_distro: 'debian' },
  tags: ['a'],
  deleted: false,
  deleted_at: null,
};
const memberPayload = {
  image_id: image.id,
  member_id: 'consumer',
  status: 'accepted',
  created_at: '1970-01-01T00:00:00Z',
  updated_at: '1970-01-01T00:01:01Z',
  deleted: false,
  deleted_at: null,
};
const noImport = { os_glance_importing_to_stores: [], os_glance_failed_import: [] };
const at = new Date(3_600_000);
const deleted = { deleted: true, deleted_at: '1970-01-01T01:00:00Z' };

describe('events have exactly the keys that Glance gives them', () => {
  test('of an image', () => {
    for (const type of ['image.create', 'image.update', 'image.activate'] as const) {
      assert.deepEqual(imageEvent(type, image), { type, priority: 'INFO', payload: imagePayload });
    }
  });

  test('of an upload', () => {
    assert.deepEqual(prepareEvent(image, 'file').payload, {
      ...imagePayload,
      ...noImport,
      backend: 'file',
    });
    assert.deepEqual(uploadEvent(image).payload, { ...imagePayload, ...noImport });
  });

  test('of a delete, at once or later', () => {
    for (const status of ['deleted', 'pending_delete'] as const) {
      assert.deepEqual(deleteEvent(image, { at, status }), {
        type: 'image.delete',
        priority: 'INFO',
        payload: { ...imagePayload, ...deleted, status },
      });
    }
  });

  test('of a member', () => {
    assert.deepEqual(memberEvent('image.member.create', member).payload, memberPayload);
    assert.deepEqual(memberEvent('image.member.update', member).payload, memberPayload);
    assert.deepEqual(memberDeleteEvent(member, at), {
      type: 'image.member.delete',
      priority: 'INFO',
      payload: { ...memberPayload, ...deleted },
    });
  });

  test('of data that was sent', () => {
    assert.deepEqual(sendEvent(image, callerOf('consumer', 'member'), { sent: 5, wanted: 5 }), {
      type: 'image.send',
      priority: 'INFO',
      payload: {
        bytes_sent: 5,
        image_id: image.id,
        owner_id: 'owner',
        receiver_tenant_id: 'consumer',
        receiver_user_id: 'user',
      },
    });
  });
});

test('data that falls short and an upload that failed are errors, the latter in words', () => {
  const short = sendEvent(image, callerOf('consumer', 'member'), { sent: 4, wanted: 5 });
  const failed = failedUploadEvent('1', 'the disk is full.');

  assert.equal(short.priority, 'ERROR');
  assert.deepEqual(failed, {
    type: 'image.upload',
    priority: 'ERROR',
    payload: 'The upload of image 1 failed: the disk is full.',
  });
});

const disabled: readonly [readonly string[], EventType, boolean][] = [
  [[], 'image.create', false],
  [['image.create'], 'image.create', true],
  [['image.create'], 'image.update', false],
  [['image'], 'image.create', true],
  [['image'], 'image.member.create', true],
  [['image.member'], 'image.member.create', false],
  [['image.member.create'], 'image.member.create', true],
  [['task'], 'image.create', false],
];

for (const [list, type, expected] of disabled) {
  test(`[${list.join()}] ${expected ? 'disables' : 'leaves'} ${type}`, () => {
    assert.equal(isDisabled(type, list), expected);
  });
}

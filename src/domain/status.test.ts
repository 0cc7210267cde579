import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ImageStatus, imageStatuses, mayBecome } from './status.ts';

const changes: Readonly<Record<ImageStatus, readonly ImageStatus[]>> = {
  queued: ['saving', 'uploading', 'importing', 'active', 'deleted'],
  saving: ['active', 'queued', 'killed', 'deleted'],
  uploading: ['importing', 'queued', 'deleted'],
  importing: ['active', 'queued', 'deleted'],
  active: ['deactivated', 'pending_delete', 'deleted'],
  deactivated: ['active', 'pending_delete', 'deleted'],
  killed: ['deleted'],
  pending_delete: ['active', 'deactivated', 'deleted'],
  deleted: [],
};

for (const from of imageStatuses) {
  test(`from ${from} an image becomes ${changes[from].join(', ') || 'nothing else'}`, () => {
    const possible = imageStatuses.filter((to) => mayBecome(from, to));

    assert.deepEqual(possible.toSorted(), changes[from].toSorted());
  });
}

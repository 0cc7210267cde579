import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { emptyDatabase } from '../../test/support/database.ts';
import type { Upload } from '../domain/upload.ts';
import { findUpload, holdUpload, insertUpload, saveReceived } from './uploads.ts';

const hour = 3_600_000;

function newUpload(more: Partial<Upload> = {}): Upload {
  return {
    id: randomUUID(),
    imageId: randomUUID(),
    projectId: 'a',
    userId: 'user',
    imageOwner: 'a',
    store: null,
    size: 10,
    received: 0,
    isDone: false,
    expiresAt: new Date(Date.now() + hour),
    ...more,
  };
}

test('an upload never has received more than was to come', async () => {
  await using store = await emptyDatabase();
  const { write } = store.database;
  const upload = newUpload();
  await insertUpload(write, upload);
  await holdUpload(write, upload.id, { holder: 'here', ttl: hour });
  const save = (received: number) =>
    saveReceived(write, upload.id, { holder: 'here', received, expiresAt: upload.expiresAt });

  const saved = [await save(10), await save(11)];

  assert.deepEqual(saved, [true, false]);
  assert.equal((await findUpload(write, upload.id))?.received, 10);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ReaderBody } from '../client/sharing.ts';
import { hitsOf, isOpenToAll } from './readers.ts';

const reader = (part: Partial<ReaderBody>): ReaderBody => ({
  ...{ rule: 'member', project: { id: 'p', name: 'pat' }, status: 'pending', is_listed: false },
  ...{ by: [], expires_at: null, downloads: 0, last_download_at: null },
  ...part,
});

const owner = reader({ rule: 'owner', status: null });
const other = { id: 'q', name: null };

test('members are counted once over all images, whoever downloaded last first', () => {
  const hits = hitsOf([
    [owner, reader({}), reader({ project: other, last_download_at: '2026-11-01T00:00:00.000Z' })],
    [
      owner,
      reader({ status: 'accepted', last_download_at: '2026-11-03T00:00:00.000Z' }),
      reader({ project: other, last_download_at: '2026-11-02T00:00:00.000Z' }),
    ],
  ]);

  assert.deepEqual(hits, [
    {
      ...{ id: 'p', project: 'pat', images: 2, answers: ['pending', 'accepted'] },
      lastDownload: '2026-11-03T00:00:00.000Z',
    },
    {
      ...{ id: 'q', project: 'q', images: 2, answers: ['pending'] },
      lastDownload: '2026-11-02T00:00:00.000Z',
    },
  ]);
});

test('an image without members hits nobody, unless everybody can read it', () => {
  assert.deepEqual(hitsOf([[owner]]), []);
  assert.equal(isOpenToAll([[owner]]), false);
  assert.equal(isOpenToAll([[owner], [reader({ rule: 'community', status: null })]]), true);
});

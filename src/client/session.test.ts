import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConnectionError } from './api-error.ts';
import { openSession } from './session.ts';

test('a login that found nobody is tried anew by the next call', async () => {
  let isUp = false;
  const token = { user: { id: 'u1' }, project: { id: 'p1' }, catalog: [] };
  const session = openSession(
    {
      authUrl: 'http://localhost/identity/v3',
      proof: { kind: 'application_credential', id: 'id', secret: 'secret' },
    },
    {
      fetch: async () => {
        if (!isUp) throw new TypeError('fetch failed');
        return Response.json({ token }, { headers: { 'x-subject-token': 't' } });
      },
    },
  );

  await assert.rejects(session.projectId(), ConnectionError);
  isUp = true;

  assert.equal(await session.projectId(), 'p1');
});

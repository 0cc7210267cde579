import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openSession } from './session.ts';
import { uploadResumably } from './uploads.ts';

test('an upload that is paused while it is begun tells its id, and sends nothing', async () => {
  const pause = new AbortController();
  const session = openSession(
    {
      authUrl: 'http://localhost/identity/v3',
      proof: { kind: 'application_credential', id: 'id', secret: 'secret' },
    },
    {
      fetch: async (url) => {
        if (url !== 'http://localhost/vitrine/v1/uploads') return logIn();
        pause.abort();
        return new Response(null, { status: 201, headers: { location: '/vitrine/v1/uploads/u1' } });
      },
    },
  );
  const told: unknown[] = [];

  const upload = uploadResumably(
    session,
    { imageId: 'i1', data: new Blob(['data']) },
    {
      signal: pause.signal,
      onBegun: (id) => told.push(id),
      onProgress: (bytes) => told.push(bytes),
    },
  );

  await assert.rejects(upload, { name: 'AbortError' });
  assert.deepEqual(told, ['u1']);
});

function logIn(): Response {
  const endpoint = { interface: 'public', url: 'http://localhost' };
  const catalog = [{ type: 'image', endpoints: [endpoint] }];
  const token = { user: { id: 'u1' }, project: { id: 'p1' }, catalog };
  return Response.json({ token }, { headers: { 'x-subject-token': 't' } });
}

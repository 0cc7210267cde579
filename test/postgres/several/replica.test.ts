import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as later } from 'node:timers/promises';
import { sql } from 'kysely';
import { createImage } from '../../support/images.ts';
import { addressIn, openAt } from '../../support/postgres/databases.ts';
import { startPostgres } from '../../support/postgres/server.ts';
import { startTestService } from '../../support/service.ts';

/** A server with the tables of the service, and a hot standby that follows it. */
async function startBoth() {
  await using parts = new AsyncDisposableStack();
  const primary = parts.use(await startPostgres());
  await (await openAt(primary.url('postgres'))).close();
  await primary.crash();
  const standby = parts.use(
    await startPostgres({
      copyOf: primary.folder,
      async prepare(data) {
        await rm(join(data, 'postmaster.pid'), { force: true });
        await writeFile(join(data, 'standby.signal'), '');
      },
      settings: { primary_conninfo: `host=${primary.folder} user=postgres` },
    }),
  );
  await primary.start();
  const rest = parts.move();
  return { primary, standby, [Symbol.asyncDispose]: () => rest.disposeAsync() };
}

test('lists are read from a copy that may be behind, all else where it is written', async () => {
  await using both = await startBoth();
  const { primary, standby } = both;
  await using service = await startTestService({
    config: {
      databaseUrl: addressIn(primary.url('postgres')),
      databaseReplicaUrl: addressIn(standby.url('postgres')),
    },
  });
  await using copy = await openAt(primary.url('postgres'), {
    replica: addressIn(standby.url('postgres')),
  });
  const listed = async () =>
    (await service.call('producer', 'GET', '/v2/images')).json.images.map(
      (image: { name: string }) => image.name,
    );
  const until = async (names: readonly string[]) => {
    for (let tries = 0; tries < 500; tries += 1) {
      if (JSON.stringify(await listed()) === JSON.stringify(names)) return;
      await later(20);
    }
    assert.deepEqual(await listed(), names);
  };

  const isCopy = await sql<{ standby: boolean }>`select pg_is_in_recovery() as standby`.execute(
    copy.lists,
  );
  await createImage(service, { name: 'first' });
  await until(['first']);

  // The copy stands still, as one does that is far behind.
  await sql`select pg_wal_replay_pause()`.execute(copy.lists);
  const { id } = await createImage(service, { name: 'second' });
  const shown = await service.call('producer', 'GET', `/v2/images/${id}`);
  const behind = await listed();

  // Without it lists are read from the database itself.
  await standby.crash();
  await until(['second', 'first']);

  assert.deepEqual(isCopy.rows, [{ standby: true }]);
  assert.equal(shown.status, 200);
  assert.deepEqual(behind, ['first']);
});

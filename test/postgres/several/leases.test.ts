import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test } from 'node:test';
import { setTimeout as after } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { openAt, postgresDatabase } from '../../support/postgres/databases.ts';
import { times } from '../../support/postgres/lease-worker.ts';

const worker = fileURLToPath(new URL('../../support/postgres/lease-worker.ts', import.meta.url));

/** Something that a worker said. */
interface Said {
  readonly process: number;
  readonly what: string;
  readonly at: number;
}

/** Starts processes that share the work of a database. */
function startWorkers(url: string, count: number) {
  const said: Said[] = [];
  const errors: string[] = [];
  const gone: Promise<unknown>[] = [];
  const children = Array.from({ length: count }, (_, process) => {
    const child = spawn(globalThis.process.execPath, [worker, url, String(process)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      for (const what of text.trim().split('\n')) said.push({ process, what, at: Date.now() });
    });
    gone.push(new Promise((close) => child.once('close', close)));
    child.stderr.setEncoding('utf8').on('data', (text: string) => errors.push(text));
    return child;
  });
  return {
    children,
    said,
    errors,
    async [Symbol.asyncDispose]() {
      for (const child of children) child.kill('SIGKILL');
      await Promise.all(gone);
    },
  };
}

test('work of a process that is killed is taken over in time, and all work takes effect once', async () => {
  await using store = await postgresDatabase();
  await using database = await openAt(store.url);
  await sql`create table done (key text, process text)`.execute(database.write);
  await sql`insert into unwanted_data (location, lease_until)
    select 'data-' || n, n from generate_series(1, 60) as n
    union all values ('killed', 20), ('suspended', 40)`.execute(database.write);
  await using workers = startWorkers(store.url, 3);
  const { said, children } = workers;
  const find = async (isIt: (one: Said) => boolean): Promise<Said> => {
    for (let tries = 0; tries < 1500; tries += 1) {
      const found = said.find(isIt);
      if (found) return found;
      await after(20);
    }
    return assert.fail(`it is not said: ${JSON.stringify(said)} ${workers.errors.join('')}`);
  };
  const begins = (key: string) => (one: Said) => one.what === `begin ${key}`;

  const killed = await find(begins('killed'));
  children[killed.process]?.kill('SIGKILL');
  const killedAt = Date.now();
  const takenOver = await find((one) => begins('killed')(one) && one.process !== killed.process);
  const suspended = await find(begins('suspended'));
  await find(({ what, process }) => what === 'end suspended' && process !== suspended.process);
  children[suspended.process]?.kill('SIGCONT');
  // Unless it was the one that is dead by now.
  if (suspended.process !== killed.process) await find(({ what }) => what === 'late suspended');

  let left = 1;
  while (left > 0) {
    const { rows } = await sql<{ count: number }>`select count(*) from unwanted_data`.execute(
      database.read,
    );
    left = rows[0]?.count ?? 0;
    await after(20);
  }
  const { rows: done } = await sql<{ key: string }>`select key from done`.execute(database.read);

  assert.equal(done.length, 62);
  assert.equal(new Set(done.map(({ key }) => key)).size, 62);
  // The lease runs out, and somebody looks; the rest is for a busy machine.
  const delay = takenOver.at - killedAt;
  assert.ok(delay < times.ttl + times.interval + 3000, `${delay} ms`);
  assert.deepEqual(workers.errors, []);
});

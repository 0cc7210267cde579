import assert from 'node:assert/strict';
import { Agent } from 'node:http';
import { after, before, test } from 'node:test';
import { sql } from 'kysely';
import { makeCallers } from '../../support/callers.ts';
import {
  openAt,
  type PostgresDatabase,
  postgresDatabase,
} from '../../support/postgres/databases.ts';
import { checkKept, mixOperations } from '../../support/postgres/mixed-operations.ts';
import { countedUsage } from '../../support/quotas.ts';
import { passwordOf, runService } from '../../support/running-service.ts';
import { sender, type TestService } from '../../support/service.ts';
import { emptyFolder } from '../../support/service-process.ts';

const operations = Number(process.env['VITRINE_OPERATIONS'] ?? 2000);

let store: PostgresDatabase;
const parts = new AsyncDisposableStack();

before(async () => {
  store = parts.use(await postgresDatabase());
});

after(() => parts.disposeAsync());

/** Two processes on one database and one folder of images, called as services of tests are. */
async function startProcesses(): Promise<readonly TestService[]> {
  const images = parts.use(await emptyFolder());
  const environment = {
    VITRINE_DATABASE_URL: store.url,
    VITRINE_FILESYSTEM_STORE_DATADIR: images.path,
    VITRINE_LOG_LEVEL: 'warn',
    VITRINE_AUDIT: 'none',
    // A busy machine is no reason to refuse one of so many.
    VITRINE_DATABASE_TIMEOUT: '600',
  };
  const folders = [parts.use(await emptyFolder()), parts.use(await emptyFolder())];
  const first = await runService({ folder: folders[0]?.path ?? '', environment });
  const agent = new Agent({ keepAlive: true });
  parts.defer(() => agent.destroy());
  const send = sender(first.url, agent);
  const callers = await makeCallers(send, await passwordOf(first.folder, 'admin'));
  const { spawnService } = await import('../../support/service-process.ts');
  const second = spawnService({
    VITRINE_PORT: '0',
    VITRINE_DATA_DIR: folders[1]?.path ?? '',
    ...environment,
  });
  parts.use(first);
  parts.defer(async () => {
    second.kill('SIGTERM');
    await second.exited;
    assert.doesNotMatch(second.stderr(), /"level":[56]0/);
  });
  return [first.url, await second.ready].map((url) => serviceAt(url, agent, callers));
}

function serviceAt(
  url: string,
  agent: Agent,
  { projects, tokens }: Pick<TestService, 'projects' | 'tokens'>,
): TestService {
  const send = sender(url, agent);
  return {
    url,
    port: Number(new URL(url).port),
    folder: '',
    log: () => '',
    projects,
    tokens,
    openDatabase: () => openAt(store.url),
    call: (caller, method, path, body, headers) =>
      send(method, path, body, {
        ...(caller !== 'nobody' && { 'x-auth-token': tokens[caller] }),
        ...headers,
      }),
    [Symbol.asyncDispose]: async () => {},
  };
}

test(`two processes do ${operations} operations at the same time, and nothing is lost, twice or too much`, async (context) => {
  const services = await startProcesses();
  const [first, second] = services;
  assert(first && second);

  const { answers, images } = await mixOperations({ services, operations });

  await checkKept(first, images);
  await using database = await openAt(store.url);
  const { kept, counted } = await countedUsage(() => openAt(store.url));
  assert.deepEqual(kept, counted);
  const left = await sql`select image_id from upload_reservations`.execute(database.read);
  assert.deepEqual(left.rows, []);
  const codes = [...answers].map(([answer, count]) => `${answer}: ${count}`);
  context.diagnostic(codes.toSorted().join(', '));
  // The limits were met, and more than one wanted the same.
  for (const answer of [
    'create 413',
    'add 409',
    'add 413',
    'upload 413',
    'upload 409',
    'answer 200',
  ]) {
    assert(answers.has(answer), `${answer} did not come`);
  }
});

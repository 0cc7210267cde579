// Copies the records of an SQLite file to an empty PostgreSQL database: see docs/scale.md.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { databaseSettings } from '../src/config/database.ts';
import { copyRecords } from '../src/database/copy.ts';
import { openDatabase } from '../src/database/database.ts';
import { lockInstance } from '../src/database/instance-lock.ts';
import { openPostgres } from '../src/database/postgres/open-postgres.ts';

const usage = `npm run database:copy -- --from PATH --to URL

  --from PATH  the database of a service that is stopped: vitrine.db in its data folder
  --to URL     an empty database of PostgreSQL, as database_url names it`;

/** Milliseconds: a large table takes its time, and nobody else waits. */
const times = { connect: 10_000, statement: 3_600_000, lock: 10_000 };

async function copy(path: string, url: string): Promise<void> {
  if (!existsSync(path)) throw new Error(`--from: there is no file ${path}.`);
  const problems: string[] = [];
  const address = databaseSettings.databaseUrl.read(url, (text) => problems.push(text), undefined);
  if (!address)
    throw new Error(`--to: ${problems.join(' ') || 'the URL of a PostgreSQL database is wanted.'}`);
  // A service that runs on it would go on writing what is not copied any more.
  using _alone = lockInstance(join(dirname(path), 'vitrine.lock'));
  await using source = await openDatabase(path);
  const report = (message: string, cause: unknown) => console.error(message, cause);
  await using target = await openPostgres({
    address,
    maxConnections: 4,
    times,
    processId: crypto.randomUUID(),
    report,
  });
  await target.write.transaction().execute((to) =>
    copyRecords({
      from: source.read,
      to,
      progress: ({ table, rows }) => console.log(`${table}: ${rows.toLocaleString('en')}`),
    }),
  );
  console.log('All records are there.');
}

const { values } = parseArgs({ options: { from: { type: 'string' }, to: { type: 'string' } } });
if (values.from === undefined || values.to === undefined) {
  console.error(usage);
  process.exitCode = 2;
} else {
  await copy(values.from, values.to).catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
}

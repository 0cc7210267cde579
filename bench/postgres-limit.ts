import { Client } from 'pg';
import type { Single } from './figures.ts';

const rows = 1000;
const atOnce = [1, 16] as const;

/**
 * What the database's driver alone takes for a row by its primary key, without HTTP, tokens and rules: one query
 * after the other, and in groups that travel together.
 *
 * @param seconds of each measurement
 */
export async function measurePostgres(url: string, seconds: number): Promise<Single[]> {
  const client = new Client({ connectionString: url, pipeline: true });
  await client.connect();
  try {
    await client.query('create temporary table rows (id text primary key, document text not null)');
    await client.query(
      `insert into rows select n::text, repeat('x', 700) from generate_series(1, ${rows}) as n`,
    );
    const singles: Single[] = [];
    for (const group of atOnce) {
      const value = await timeOf(client, group, seconds);
      const name = `a row of PostgreSQL by its key, by pg alone, ${group} at once`;
      singles.push({ name, value, unit: 'us' });
    }
    return singles;
  } finally {
    await client.end();
  }
}

/** Microseconds for each query. */
async function timeOf(client: Client, group: number, seconds: number): Promise<number> {
  const text = 'select document from rows where id = $1';
  const end = performance.now() + seconds * 1000;
  const begin = performance.now();
  let done = 0;
  while (performance.now() < end) {
    const queries = Array.from({ length: group }, (_, n) =>
      client.query({ name: 'row', text, values: [String(((done + n) % rows) + 1)] }),
    );
    await Promise.all(queries);
    done += group;
  }
  return ((performance.now() - begin) * 1000) / done;
}

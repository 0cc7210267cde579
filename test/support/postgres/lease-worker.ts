// A process that takes its share of leased work; says on standard output what it begins and ends.
import { setTimeout as after } from 'node:timers/promises';
import { sql } from 'kysely';
import { claimLeases, holdsLease } from '../../../src/database/leases.ts';
import { startLeasedWork } from '../../../src/service/leased-work.ts';
import { openAt } from './databases.ts';

/** Milliseconds. */
export const times = { ttl: 1500, interval: 200 };

const [, , url = '', name = ''] = process.argv;

if (import.meta.main) {
  const database = await openAt(url);
  const say = (what: string, key: string) => process.stdout.write(`${what} ${key}\n`);
  startLeasedWork({
    database,
    table: 'unwanted_data',
    claim: (db, claim) => claimLeases(db, { table: 'unwanted_data', ...claim }),
    async work(lease) {
      const { key, term } = lease;
      say('begin', key);
      // The first who gets this one is killed at it; of that one, suspended.
      await after(key === 'killed' && term === 1 ? 1e9 : 20);
      if (key === 'suspended' && term === 1) process.kill(process.pid, 'SIGSTOP');
      const isOurs = await database.transaction(async (db) => {
        if (!(await holdsLease(db, lease))) return false;
        await sql`insert into done (key, process) values (${key}, ${name})`.execute(db);
        await sql`delete from unwanted_data where location = ${key}`.execute(db);
        return true;
      });
      say(isOurs ? 'end' : 'late', key);
      return undefined;
    },
    retryAfter: () => 0,
    limit: 3,
    ...times,
    failure: 'It failed.',
    report: (text, cause) => console.error(text, cause),
  });
}

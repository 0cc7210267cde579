import { createHash } from 'node:crypto';
import { type Expression, PostgresAdapter, type RawBuilder, sql } from 'kysely';
import type { Connection } from './database.ts';

/** Whether the connection is one to PostgreSQL; otherwise it is one to SQLite. */
export function isPostgres(db: Connection): boolean {
  return db.getExecutor().adapter instanceof PostgresAdapter;
}

/** Whether no row can hold that text, so that none need be asked for: PostgreSQL has no character U+0000. */
export function isUnkeepable(db: Connection, text: string): boolean {
  return text.includes('\0') && isPostgres(db);
}

/** The texts of a JSON array, one a row in the column `value`. */
export function jsonTexts(db: Connection, json: Expression<string>): RawBuilder<unknown> {
  return isPostgres(db)
    ? sql`json_array_elements_text(${json}::json) as each (value)`
    : sql`json_each(${json})`;
}

/** The members of a JSON object of texts, one a row in the columns `key` and `value`. */
export function jsonPairs(db: Connection, json: Expression<string>): RawBuilder<unknown> {
  return isPostgres(db)
    ? sql`json_each_text(${json}::json) as each (key, value)`
    : sql`json_each(${json})`;
}

/** The database's own time, milliseconds since the epoch: the same for all processes, whatever their machines' clocks say. */
export function clockOf(db: Connection): RawBuilder<number> {
  return isPostgres(db)
    ? sql`(extract(epoch from statement_timestamp()) * 1000)::bigint`
    : sql`cast(unixepoch('subsec') * 1000 as integer)`;
}

/** What the rows of a table without a key of their own are sorted by, so that they come as they were added. */
export function orderOfAdding(db: Connection): RawBuilder<number> {
  return sql.ref(isPostgres(db) ? 'id' : 'rowid');
}

/** PostgreSQL has no index over long text: of a longer one (bytes) its lookups keep a digest. */
const longestIndexed = 256;

const digestPrefix = 'sha256 ';

/** What the lookups of properties keep of a value, in SQL; `keptValue` says the same in code. */
export function keptValueOf(db: Connection, value: Expression<string>): Expression<string> {
  if (!isPostgres(db)) return value;
  // Short text that looks like a digest is digested too: so no value can pass for another.
  return sql<string>`case
    when octet_length(${value}) <= ${sql.lit(longestIndexed)} and not starts_with(${value}, ${sql.lit(digestPrefix)})
    then ${value}
    else ${sql.lit(digestPrefix)} || encode(sha256(convert_to(${value}, 'UTF8')), 'hex') end`;
}

/** What the lookups of properties keep of a value. */
export function keptValue(db: Connection, value: string): string {
  if (!isPostgres(db)) return value;
  const isKept = Buffer.byteLength(value) <= longestIndexed && !value.startsWith(digestPrefix);
  return isKept ? value : digestPrefix + createHash('sha256').update(value).digest('hex');
}

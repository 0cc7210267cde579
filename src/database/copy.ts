import { sql, type TableMetadata } from 'kysely';
import type { Connection } from './database.ts';
import { isPostgres, keptValue } from './dialect.ts';

/** Rows that are read and written at a time; few enough that PostgreSQL takes their values in one statement. */
const batchSize = 500;

/** What rows of others refer to comes first; the rest follows by name. */
const firstTables = [
  ...['domains', 'projects', 'users', 'roles', 'images', 'application_credentials', 'webhooks'],
  ...['families', 'share_groups', 'image_members'],
];

/** What each database writes by itself: by triggers, of its processes, and of its schema. */
const ownTables = new Set(['image_documents', 'processes', 'jobs', 'schema_compatibility']);

export interface CopiedTable {
  readonly table: string;
  readonly rows: number;
}

export interface CopyOptions {
  /** An SQLite file that nothing writes, or PostgreSQL within one snapshot. */
  readonly from: Connection;
  /** Tables without a row, within the transaction that the copy is to be. */
  readonly to: Connection;
  /** Told of each table once it is done. */
  readonly progress: (done: CopiedTable) => void;
}

/**
 * Copies every record to another database, in the order that it was added in, and counts what has arrived.
 *
 * @throws Error when a table of the target has rows, when the counts differ, or when text cannot be kept there
 */
export async function copyRecords({ from, to, progress }: CopyOptions): Promise<void> {
  const tables = await tablesOf(from);
  const targets = new Map((await tablesOf(to)).map((table) => [table.name, table]));
  for (const { name } of tables) await checkEmpty(to, name);
  if (!isPostgres(to)) await sql`pragma defer_foreign_keys = on`.execute(to);
  for (const { name } of tables) {
    const target = targets.get(name);
    if (!target) throw new Error(`The target has no table ${name}: it is of another release.`);
    const rows = await copyTable({ from, to }, target);
    const arrived = await countRows(to, name);
    if (arrived !== rows) throw new Error(`Of ${rows} rows of ${name} ${arrived} have arrived.`);
    progress({ table: name, rows });
  }
  if (isPostgres(from) && !isPostgres(to)) await restoreLookups(to);
}

/** @throws Error when a table has rows */
export async function checkNoRecords(db: Connection): Promise<void> {
  for (const { name } of await tablesOf(db)) await checkEmpty(db, name);
}

async function tablesOf(db: Connection): Promise<readonly TableMetadata[]> {
  const rank = (name: string) => {
    const place = firstTables.indexOf(name);
    return place < 0 ? firstTables.length : place;
  };
  const tables = await db.introspection.getTables();
  return tables
    .filter(({ name, isView }) => !isView && !ownTables.has(name) && !name.startsWith('sqlite_'))
    .toSorted((a, b) => rank(a.name) - rank(b.name) || (a.name < b.name ? -1 : 1));
}

async function countRows(db: Connection, table: string): Promise<number> {
  const { rows } = await sql<{
    count: number;
  }>`select count(*) as count from ${sql.table(table)}`.execute(db);
  return Number(rows[0]?.count ?? 0);
}

async function checkEmpty(db: Connection, table: string): Promise<void> {
  const { rows } = await sql`select 1 from ${sql.table(table)} limit 1`.execute(db);
  if (rows.length > 0) throw new Error(`The target is not empty: ${table} has rows.`);
}

type Row = Readonly<Record<string, unknown>>;

async function copyTable(
  { from, to }: Pick<CopyOptions, 'from' | 'to'>,
  { name, columns }: TableMetadata,
): Promise<number> {
  const identity = columns.find(({ isAutoIncrementing }) => isAutoIncrementing)?.name ?? '';
  let count = 0;
  let isNumbered = false;
  const known = new Set(columns.map((column) => column.name));
  for await (const batch of batchesOf(from, name)) {
    const rows = batch.map((row) => rowFor(to, name, { row, known }));
    const names = Object.keys(rows[0] ?? {});
    isNumbered = names.includes(identity);
    const values = rows.map((row) => sql`(${sql.join(names.map((column) => row[column]))})`);
    // Numbers of rows stay what they are: events and members are in their order.
    await sql`insert into ${sql.table(name)} (${sql.join(names.map((column) => sql.ref(column)))})
      ${isPostgres(to) ? sql`overriding system value` : sql``} values ${sql.join(values)}`.execute(
      to,
    );
    count += rows.length;
  }
  if (isNumbered && isPostgres(to)) await continueNumbers(to, name, identity);
  return count;
}

/** The rows of a table in the order of its key, or of adding. */
async function* batchesOf(db: Connection, table: string): AsyncGenerator<readonly Row[]> {
  const names = await (isPostgres(db) ? numberOrKey(db, table) : keyOfFile(db, table));
  const key = names.map((name) => sql.ref(name));
  const order = sql.join(key);
  let last: Row | undefined;
  for (;;) {
    const after = last
      ? sql`where (${order}) > (${sql.join(key.map((_, n) => last?.[`key ${n}`]))})`
      : sql``;
    const keys = sql.join(key.map((column, n) => sql`${column} as ${sql.ref(`key ${n}`)}`));
    const { rows } = await sql<Row>`select *, ${keys} from ${sql.table(table)} ${after}
      order by ${order} limit ${batchSize}`.execute(db);
    if (rows.length === 0) return;
    last = rows.at(-1);
    yield rows;
  }
}

async function keyOfFile(db: Connection, table: string): Promise<readonly string[]> {
  const { rows } = await sql<{ name: string }>`select name from pragma_table_info(${table})
    where pk > 0 order by pk`.execute(db);
  return rows.length > 0 ? rows.map(({ name }) => name) : ['rowid'];
}

/** What the rows of a table are numbered by, in the order in which they were added; or else their key. */
async function numberOrKey(db: Connection, table: string): Promise<readonly string[]> {
  const { rows: numbers } = await sql<{ name: string }>`
    select attname as name from pg_attribute
    where attrelid = ${table}::regclass and attidentity <> ''`.execute(db);
  if (numbers.length > 0) return numbers.map(({ name }) => name);
  const { rows } = await sql<{ name: string }>`
    select attname as name from pg_index join pg_attribute on attrelid = indrelid and attnum = any(indkey)
    where indrelid = ${table}::regclass and indisprimary
    order by array_position(indkey::int2[], attnum)`.execute(db);
  if (rows.length === 0) throw new Error(`The table ${table} has no key.`);
  return rows.map(({ name }) => name);
}

/** Where PostgreSQL keeps a digest of a long value, its lookups have the value itself here. */
async function restoreLookups(to: Connection): Promise<void> {
  await sql`update image_properties set value = (
      select each.value from images, json_each(images.properties) as each
      where images.id = image_properties.image_id and each.key = image_properties.name
    ) where value like 'sha256 %'`.execute(to);
}

interface Copied {
  readonly row: Row;
  /** The columns of the target: a number that orders rows may have no column there. */
  readonly known: ReadonlySet<string>;
}

function rowFor(to: Connection, table: string, { row, known }: Copied): Row {
  const columns = Object.entries(row).filter(([name]) => known.has(name));
  const kept = Object.fromEntries(columns);
  // Of a long value its lookups keep a digest there.
  const isLookup = table === 'image_properties' && isPostgres(to);
  return isLookup ? { ...kept, value: keptValue(to, String(kept['value'])) } : kept;
}

/** Has the next row numbered behind those that came with their numbers. */
async function continueNumbers(to: Connection, table: string, column: string): Promise<void> {
  await sql`select setval(pg_get_serial_sequence(${table}, ${column}), max(${sql.ref(column)}))
    from ${sql.table(table)}`.execute(to);
}

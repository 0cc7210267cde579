import { type Selectable, sql, type Updateable } from 'kysely';
import type { MailAddress } from '../domain/mail-address.ts';
import type { Connection } from './database.ts';
import { type Claim, claimLeases, type Lease } from './leases.ts';
import type { MailAddressRow } from './mail-tables.ts';

/** An address with what only sending to it needs. */
export interface KeptMailAddress extends MailAddress {
  /** The number of the newest event that is done with. */
  readonly cursor: number;
  /** When the next digest is due. */
  readonly dueAt: Date;
  /** Since when a code is to be sent there; null for none. */
  readonly codeAskedAt: Date | null;
}

const columns = [
  ...(['id', 'project_id', 'address', 'mode', 'kinds', 'by_user', 'created_at'] as const),
  ...(['verified_at', 'code_asked_at', 'cursor', 'due_at', 'attempts'] as const),
  ...(['failing_since', 'last_error', 'sent_at'] as const),
] as const;

/** Every address of a project, in order of adding. */
export async function listMailAddresses(
  db: Connection,
  projectId: string,
): Promise<readonly KeptMailAddress[]> {
  const rows = await db
    .selectFrom('mail_addresses')
    .select(columns)
    .where('project_id', '=', projectId)
    .orderBy('created_at')
    .orderBy('id')
    .execute();
  return rows.map(addressFromRow);
}

/** The address of that id. */
export async function findMailAddress(
  db: Connection,
  id: string,
): Promise<KeptMailAddress | undefined> {
  const row = await db
    .selectFrom('mail_addresses')
    .select(columns)
    .where('id', '=', id)
    .executeTakeFirst();
  return row && addressFromRow(row);
}

/** Adds an address that a code is to be sent to. */
export async function insertMailAddress(
  db: Connection,
  given: Pick<
    MailAddress,
    'id' | 'projectId' | 'address' | 'mode' | 'kinds' | 'byUser' | 'createdAt'
  >,
): Promise<void> {
  const createdAt = given.createdAt.getTime();
  await db
    .insertInto('mail_addresses')
    .values({
      id: given.id,
      project_id: given.projectId,
      address: given.address,
      mode: given.mode,
      kinds: kindsText(given.kinds),
      by_user: given.byUser,
      created_at: createdAt,
      code_asked_at: createdAt,
    })
    .execute();
}

/** Removes an address, of one project if one is given; what it was. */
export async function deleteMailAddress(
  db: Connection,
  id: string,
  projectId?: string,
): Promise<{ readonly address: string } | undefined> {
  const rows = db.deleteFrom('mail_addresses').where('id', '=', id).returning('address');
  const own = projectId === undefined ? rows : rows.where('project_id', '=', projectId);
  return await own.executeTakeFirst();
}

/** What changes of an address. */
export type MailProgress = Partial<
  Pick<
    KeptMailAddress,
    | 'mode'
    | 'kinds'
    | 'verifiedAt'
    | 'codeAskedAt'
    | 'cursor'
    | 'dueAt'
    | 'attempts'
    | 'failingSince'
    | 'lastError'
    | 'sentAt'
  >
>;

/** Saves what has changed, and nothing else: others may change the rest. */
export async function updateMailAddress(
  db: Connection,
  id: string,
  to: MailProgress,
): Promise<void> {
  await db.updateTable('mail_addresses').set(columnsOf(to)).where('id', '=', id).execute();
}

/**
 * Saves what has come of a turn at an address as it was read for it. What was asked for meanwhile stays: another code, and
 * when a digest of another mode is due.
 */
export async function updateAfterTurn(
  db: Connection,
  read: Pick<KeptMailAddress, 'id' | 'mode' | 'codeAskedAt'>,
  to: Omit<MailProgress, 'mode' | 'kinds'>,
): Promise<void> {
  const set = columnsOf(to);
  const askedAt = read.codeAskedAt?.getTime() ?? null;
  await db
    .updateTable('mail_addresses')
    .set({
      ...set,
      ...('due_at' in set && {
        due_at: sql<number>`case when mode = ${read.mode} then ${set.due_at} else due_at end`,
      }),
      ...('code_asked_at' in set && {
        code_asked_at: sql<number>`case when code_asked_at = ${askedAt} then ${set.code_asked_at} else code_asked_at end`,
      }),
    })
    .where('id', '=', read.id)
    .execute();
}

function columnsOf(to: MailProgress): Updateable<MailAddressRow> {
  const set: Updateable<MailAddressRow> = {};
  if (to.mode !== undefined) set.mode = to.mode;
  if (to.kinds !== undefined) set.kinds = kindsText(to.kinds);
  if (to.cursor !== undefined) set.cursor = to.cursor;
  if (to.dueAt !== undefined) set.due_at = to.dueAt.getTime();
  if (to.attempts !== undefined) set.attempts = to.attempts;
  if (to.lastError !== undefined) set.last_error = to.lastError;
  if (to.verifiedAt !== undefined) set.verified_at = to.verifiedAt?.getTime() ?? null;
  if (to.codeAskedAt !== undefined) set.code_asked_at = to.codeAskedAt?.getTime() ?? null;
  if (to.failingSince !== undefined) set.failing_since = to.failingSince?.getTime() ?? null;
  if (to.sentAt !== undefined) set.sent_at = to.sentAt?.getTime() ?? null;
  return set;
}

/** A code as it is kept. */
export interface KeptCode {
  /** A keyed hash. */
  readonly hash: string;
  readonly expiresAt: Date;
}

/** Notes the code that is about to be sent; what was sent before it is void. Null voids that too. */
export async function updateCode(db: Connection, id: string, code: KeptCode | null): Promise<void> {
  await db
    .updateTable('mail_addresses')
    .set({
      code_hash: code?.hash ?? null,
      code_expires_at: code?.expiresAt.getTime() ?? null,
      code_tries: 0,
    })
    .where('id', '=', id)
    .execute();
}

/** Counts a try on the code of an address; undefined where there is none that can be tried. */
export async function spendCodeTry(
  db: Connection,
  { id, now, most }: { readonly id: string; readonly now: Date; readonly most: number },
): Promise<string | undefined> {
  const row = await db
    .updateTable('mail_addresses')
    .set((eb) => ({ code_tries: eb('code_tries', '+', 1) }))
    .where('id', '=', id)
    .where('code_hash', 'is not', null)
    .where('code_tries', '<', most)
    .where('code_expires_at', '>', now.getTime())
    .returning('code_hash')
    .executeTakeFirst();
  return row?.code_hash ?? undefined;
}

/** Claims addresses that there is something for. */
export function claimMailAddresses(
  db: Connection,
  { now, ...claim }: Omit<Claim, 'table' | 'only'> & { readonly now: Date },
): Promise<readonly Lease[]> {
  const only = sql<boolean>`(code_asked_at is not null
    or (verified_at is not null and (mode = 'at_once' or due_at <= ${now.getTime()})
      and exists (select 1 from project_events
        where project_events.project_id = mail_addresses.project_id
        and project_events.id > mail_addresses.cursor)))`;
  return claimLeases(db, { table: 'mail_addresses', only, ...claim });
}

/** Ends the pause of an address that nobody is at. */
export async function hurryMailAddress(db: Connection, id: string): Promise<void> {
  await db
    .updateTable('mail_addresses')
    .set({ lease_until: 0 })
    .where('id', '=', id)
    .where('lease_holder', 'is', null)
    .execute();
}

function kindsText(kinds: MailAddress['kinds']): string | null {
  return kinds && JSON.stringify(kinds);
}

function addressFromRow(
  row: Pick<Selectable<MailAddressRow>, (typeof columns)[number]>,
): KeptMailAddress {
  return {
    id: row.id,
    projectId: row.project_id,
    address: row.address,
    mode: row.mode,
    kinds: row.kinds === null ? null : JSON.parse(row.kinds),
    byUser: row.by_user,
    createdAt: new Date(row.created_at),
    verifiedAt: timeFrom(row.verified_at),
    codeAskedAt: timeFrom(row.code_asked_at),
    cursor: row.cursor,
    dueAt: new Date(row.due_at),
    attempts: row.attempts,
    failingSince: timeFrom(row.failing_since),
    lastError: row.last_error,
    sentAt: timeFrom(row.sent_at),
  };
}

function timeFrom(at: number | null): Date | null {
  return at === null ? null : new Date(at);
}

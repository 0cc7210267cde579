import { createHash, randomInt } from 'node:crypto';
import type { Connection, Database } from '../database/database.ts';
import { holdsLease, type Lease } from '../database/leases.ts';
import {
  claimMailAddresses,
  findMailAddress,
  type KeptMailAddress,
  updateAfterTurn,
  updateCode,
} from '../database/mail-addresses.ts';
import { deleteFullBudgets, spendBudget } from '../database/mail-budgets.ts';
import { listProjectEvents, newestEvent } from '../database/project-events.ts';
import {
  codeLife,
  isTooOldForMail,
  mailPatience,
  mailPauseAfter,
  nextDue,
  wantsMail,
} from '../domain/mail-address.ts';
import { codeMail, type MailPlace, type MailText, noticeMail } from '../domain/mail-text.ts';
import type { ProjectEvent } from '../domain/project-event.ts';
import type { Rate } from '../domain/rate-limiter.ts';
import type { Job } from './jobs.ts';
import { startLeasedWork } from './leased-work.ts';
import { codeBudget, projectBudget } from './mail-addresses.ts';
import type { MailLinks } from './mail-links.ts';
import type { MailOutcome, MailSender } from './mail-sender.ts';
import type { Names } from './names.ts';
import type { Report } from './unwanted-data.ts';

export interface MailDeliveryOptions {
  readonly database: Database;
  readonly sender: MailSender;
  readonly links: MailLinks;
  readonly names: Pick<Names, 'ofProjects'>;
  /** The service's URL as people reach it, without a slash at its end. */
  readonly url: string;
  /** How much mail one project may cause. */
  readonly rate: Rate;
  /** The hour (UTC) of daily digests. */
  readonly digestHour: number;
  /** Between two looks for news, ms. */
  readonly interval?: number;
  readonly clock: () => Date;
  readonly report: Report;
}

/**
 * Tells people by mail of what happens: at least once, by one process at a time for each address. What waits goes in one
 * message, be it for the day, for a mail server or for the rate of its project.
 */
export interface MailDelivery {
  start(): AsyncDisposable;
  /** Forgets what is left of rates long since. */
  readonly job: Job;
}

/** Where a link to unsubscribe leads, below the service's URL. */
export const unsubscribePath = '/vitrine/v1/mail/unsubscription';

/** Notices in one message. */
const mostInMail = 100;

/** Events read at a time. */
const pageSize = 500;

export function mailDelivery(options: MailDeliveryOptions): MailDelivery {
  const { database, sender, clock, report, interval = 2000 } = options;
  return {
    start() {
      const watch = serverWatch(report);
      const work = startLeasedWork({
        database,
        table: 'mail_addresses',
        claim: (db, claim) => claimMailAddresses(db, { ...claim, now: clock() }),
        work: (lease, signal) => deliver({ ...options, watch }, lease, signal),
        retryAfter: () => 5000,
        limit: 4,
        interval,
        failure: 'A mail address could not be looked after; it is tried again.',
        report,
      });
      return {
        async [Symbol.asyncDispose]() {
          await work[Symbol.asyncDispose]();
          await sender[Symbol.asyncDispose]();
        },
      };
    },
    job: {
      name: 'mail rates',
      interval: 3_600_000,
      failure: 'What is left of the rates of mail could not be forgotten; it is tried again.',
      run: () => database.transaction((db) => deleteFullBudgets(db, clock())),
    },
  };
}

/** Tells the operator that the mail server fails, once until it does not. */
function serverWatch(report: Report): (outcome: MailOutcome) => void {
  let isWell = true;
  return (outcome) => {
    const fails = !outcome.isSent && !outcome.isRefused;
    if (fails && isWell) {
      const { code, status } = outcome;
      // The server's own words may repeat what it was told.
      const cause = new Error(`${code}${status === undefined ? '' : `, status ${status}`}`);
      report('Mail cannot be handed to the server of smtp_url; it is tried again.', cause);
    }
    isWell = !fails;
  };
}

interface Delivering extends MailDeliveryOptions {
  readonly watch: (outcome: MailOutcome) => void;
}

/** An address while a process is at it. */
interface Turn {
  readonly lease: Lease;
  readonly signal: AbortSignal;
  readonly kept: KeptMailAddress;
}

/** Thrown when somebody else is at an address by now, or it is gone. */
class LeaseLost extends Error {}

/** After how many milliseconds there may be more to do. */
async function deliver(
  options: Delivering,
  lease: Lease,
  signal: AbortSignal,
): Promise<number | undefined> {
  const kept = await findMailAddress(options.database.read, lease.key);
  if (!kept) return undefined;
  const turn: Turn = { lease, signal, kept };
  try {
    return kept.codeAskedAt
      ? await sendCode(options, turn, kept.codeAskedAt)
      : await sendNews(options, turn);
  } catch (error) {
    if (error instanceof LeaseLost) return undefined;
    throw error;
  }
}

/** Sends a code that nobody has seen before, each time anew: it is kept nowhere. */
async function sendCode(options: Delivering, turn: Turn, askedAt: Date): Promise<number> {
  const { links, clock } = options;
  const { id, address } = turn.kept;
  const now = clock();
  if (now.getTime() - askedAt.getTime() > codeLife) {
    await saveTurn(options, turn, { codeAskedAt: null });
    return 0;
  }
  const code = String(randomInt(0, 1e8)).padStart(8, '0');
  const expiresAt = new Date(now.getTime() + codeLife);
  await change(options, turn, (db) =>
    updateCode(db, id, { hash: links.codeHash(id, code), expiresAt }),
  );
  const text = codeMail(code, address, await placeOf(options, turn));
  const outcome = await send(options, turn, text, `code ${id} ${now.getTime()}`);
  if (!outcome.isSent) {
    const pause = await noteFailure(options, turn, outcome);
    const mayGoOn = !outcome.mayHaveCome || (await spendForAnother(options, address));
    if (!mayGoOn) await saveTurn(options, turn, { codeAskedAt: null });
    return pause;
  }
  await saveTurn(options, turn, { ...well, sentAt: clock(), codeAskedAt: null });
  return 0;
}

/** Counts a code that follows one which may have come; false when there were enough. */
async function spendForAnother({ database, clock }: Delivering, address: string): Promise<boolean> {
  const wait = await database.transaction((db) => spendBudget(db, codeBudget(address), clock()));
  return wait === 0;
}

async function sendNews(options: Delivering, turn: Turn): Promise<number> {
  const { database, names, clock, rate, digestHour } = options;
  const { kept } = turn;
  const { events, cursor, isMore } = await newsFor(options, kept);
  const dueAt = isMore ? kept.dueAt : nextDue(kept.mode, { now: clock(), digestHour });
  if (events.length === 0) {
    // What was sent in vain is no news any more.
    await saveTurn(options, turn, { ...well, cursor, dueAt });
    return 0;
  }
  const budget = projectBudget(kept.projectId, rate);
  const wait = await database.transaction((db) => spendBudget(db, budget, clock()));
  if (wait > 0) return wait;
  const partners = await names.ofProjects([...new Set(events.flatMap(projectsIn))]);
  const text = noticeMail(events, partners, await placeOf(options, turn));
  const key = `${kept.id} ${events[0]?.id} ${events.at(-1)?.id}`;
  const outcome = await send(options, turn, text, key);
  if (!outcome.isSent) return await noteFailure(options, turn, outcome);
  await saveTurn(options, turn, { ...well, sentAt: clock(), cursor, dueAt });
  return 0;
}

/** What an address is to be told next, and up to where that goes. */
async function newsFor({ database, clock }: Delivering, kept: KeptMailAddress) {
  const { projectId, mode } = kept;
  const upTo = await newestEvent(database, kept.cursor);
  const events: ProjectEvent[] = [];
  let cursor = kept.cursor;
  for (;;) {
    const range = { projectId, after: cursor, upTo, limit: pageSize };
    const page = await listProjectEvents(database.read, range);
    for (const { number, event } of page) {
      if (events.length === mostInMail) return { events, cursor, isMore: true };
      cursor = number;
      const isNews = !isTooOldForMail(event, { mode, now: clock() });
      if (isNews && wantsMail(kept, event)) events.push(event);
    }
    if (page.length < pageSize) return { events, cursor, isMore: false };
  }
}

/** The projects that an event names. */
function projectsIn({ data }: ProjectEvent): string[] {
  return [data['owner'], data['member'], data['project']].filter((id) => typeof id === 'string');
}

async function placeOf({ names, links, url }: Delivering, { kept }: Turn): Promise<MailPlace> {
  const { id, projectId } = kept;
  const projectName = (await names.ofProjects([projectId])).get(projectId) ?? projectId;
  const unsubscribe = `${url}${unsubscribePath}?token=${links.token(id)}`;
  return { projectName, url, unsubscribe };
}

/** @param key the same for the same message, so that who gets it twice can tell */
async function send(
  { sender, links, url, watch }: Delivering,
  { kept, signal }: Turn,
  { subject, text }: MailText,
  key: string,
): Promise<MailOutcome> {
  const digest = createHash('sha256').update(key).digest('hex').slice(0, 32);
  const message = {
    ...{ to: kept.address, subject, text },
    id: `${digest}@${new URL(url).hostname}`,
    unsubscribe: `${url}${unsubscribePath}?token=${links.token(kept.id)}`,
  };
  const outcome = await sender.send(message, signal);
  watch(outcome);
  return outcome;
}

/** After how many milliseconds it is tried again. What is too old then is passed over by itself. */
async function noteFailure(
  options: Delivering,
  turn: Turn,
  { isRefused, isLasting, status }: Extract<MailOutcome, { isSent: false }>,
): Promise<number> {
  const { kept } = turn;
  const now = options.clock();
  const attempts = kept.attempts + 1;
  const pause = mailPauseAfter(attempts);
  const lastError = isRefused
    ? `The message was refused with status ${status}.`
    : 'The mail server of this service takes no mail at the moment.';
  // Each trouble has its own time, so that none is held against an address but its own.
  const failingSince = lastError === kept.lastError ? (kept.failingSince ?? now) : now;
  // By the next attempt what is refused now is no news, so this one decides.
  const isDead = isLasting && now.getTime() + pause - failingSince.getTime() > mailPatience;
  await saveTurn(options, turn, {
    ...{ attempts, failingSince, lastError },
    // Nobody reads there: that anybody does has to be shown anew.
    ...(isDead && { verifiedAt: null }),
  });
  return pause;
}

/** What is known of an address that nothing waits for. */
const well = { attempts: 0, failingSince: null, lastError: null } as const;

/** Saves what has come of a turn. @throws LeaseLost */
function saveTurn(
  options: Delivering,
  turn: Turn,
  to: Parameters<typeof updateAfterTurn>[2],
): Promise<void> {
  return change(options, turn, (db) => updateAfterTurn(db, turn.kept, to));
}

/** Changes something for as long as nobody else is at the address. @throws LeaseLost */
async function change(
  { database }: Delivering,
  { lease }: Turn,
  work: (db: Connection) => Promise<void>,
): Promise<void> {
  await database.transaction(async (db) => {
    if (!(await holdsLease(db, lease))) throw new LeaseLost();
    await work(db);
  });
}

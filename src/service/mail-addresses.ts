import { createHash, randomUUID } from 'node:crypto';
import type { Connection, Database } from '../database/database.ts';
import { lockUsage } from '../database/locks.ts';
import {
  deleteMailAddress,
  findMailAddress,
  hurryMailAddress,
  insertMailAddress,
  type KeptMailAddress,
  listMailAddresses,
  spendCodeTry,
  updateCode,
  updateMailAddress,
} from '../database/mail-addresses.ts';
import { emptyBudget, type MailBudget, spendBudget } from '../database/mail-budgets.ts';
import { newestEvent } from '../database/project-events.ts';
import type { Caller } from '../domain/caller.ts';
import { DomainError } from '../domain/errors.ts';
import { type MailAddress, mostCodeTries, nextDue, readMailbox } from '../domain/mail-address.ts';
import type { Policy } from '../domain/policy.ts';
import type { Rate } from '../domain/rate-limiter.ts';
import { RetryLaterError } from '../domain/retry-later.ts';
import { projectThatAnswers, projectThatLooks } from './inbox.ts';
import { isEqual, type MailLinks } from './mail-links.ts';

export interface MailAddressesOptions {
  readonly database: Database;
  readonly policy: Policy;
  readonly links: MailLinks;
  /** Whether the operator has said by which server mail is sent. */
  readonly isSending: boolean;
  /** Addresses that one project may have. */
  readonly quota: number;
  /** How much mail one project may cause. */
  readonly rate: Rate;
  /** The hour (UTC) of daily digests. */
  readonly digestHour: number;
  readonly clock: () => Date;
}

export type MailAddressDraft = Pick<MailAddress, 'address' | 'mode' | 'kinds'>;

/** The addresses at which a project wants to be told what happens to its shares. Whoever answers for it may change them. */
export interface MailAddresses {
  /** Whether the operator has said by which server mail is sent. */
  readonly isSending: boolean;
  list(caller: Caller): Promise<readonly MailAddress[]>;
  /**
   * Has a code sent to an address, and nothing else until that is given back.
   *
   * @throws DomainError `InvalidRequest`, `NameTaken`, `NotFound` where no mail is sent, `QuotaExceeded`, `TooManyRequests`
   */
  add(caller: Caller, draft: MailAddressDraft): Promise<MailAddress>;
  /** @throws DomainError `NotFound` */
  change(
    caller: Caller,
    id: string,
    to: Partial<Pick<MailAddress, 'mode' | 'kinds'>>,
  ): Promise<MailAddress>;
  /** Has another code sent; those before it are void. @throws DomainError as `add` */
  sendCode(caller: Caller, id: string): Promise<void>;
  /** @throws DomainError `InvalidRequest` for what is not the code, or not any more */
  verify(caller: Caller, id: string, code: string): Promise<MailAddress>;
  remove(caller: Caller, id: string): Promise<void>;
  /** What a link in a message does, whoever follows it. @throws DomainError `NotFound` for no such link */
  unsubscribe(token: string): Promise<void>;
}

/** Codes that one address is sent, whoever asks: three at once, then one a day, which is three at most in any day. */
const codesPerAddress: Rate = { rate: 1 / 86_400, burst: 3 * 86_400 };

export function mailAddressesService(options: MailAddressesOptions): MailAddresses {
  const { database, policy, links, clock, digestHour } = options;

  return {
    isSending: options.isSending,

    list: (caller) => listMailAddresses(database.read, projectThatLooks(policy, caller)),

    async add(caller, draft) {
      const projectId = projectThatAnswers(policy, caller);
      checkSending(options);
      const address = readMailbox(draft.address);
      if (address === undefined) {
        const wanted = 'one mail address such as somebody@example.org is wanted';
        throw new DomainError('InvalidRequest', `address: ${wanted}.`);
      }
      return await add(options, { ...draft, address }, { projectId, byUser: caller.userId });
    },

    async change(caller, id, to) {
      const projectId = projectThatAnswers(policy, caller);
      return await database.transaction(async (db) => {
        await own(db, projectId, id);
        const dueAt = to.mode && nextDue(to.mode, { now: clock(), digestHour });
        await updateMailAddress(db, id, { ...to, ...(dueAt && { dueAt }) });
        return await own(db, projectId, id);
      });
    },

    async sendCode(caller, id) {
      const projectId = projectThatAnswers(policy, caller);
      checkSending(options);
      await database.transaction(async (db) => {
        const { address, verifiedAt } = await own(db, projectId, id);
        if (verifiedAt) {
          throw new DomainError('InvalidStatusChange', 'The address is verified already.');
        }
        await spendForCode(options, db, { projectId, address });
        await updateCode(db, id, null);
        const anew = { attempts: 0, failingSince: null, lastError: null };
        await updateMailAddress(db, id, { codeAskedAt: clock(), ...anew });
        await hurryMailAddress(db, id);
      });
    },

    async verify(caller, id, code) {
      const projectId = projectThatAnswers(policy, caller);
      const kept = await own(database.read, projectId, id);
      if (kept.verifiedAt) return kept;
      const verified = await verify(options, kept, code);
      if (verified) return verified;
      const text = `code: the one that was sent last is wanted, within an hour and ${mostCodeTries} tries.`;
      throw new DomainError('InvalidRequest', text);
    },

    async remove(caller, id) {
      const projectId = projectThatAnswers(policy, caller);
      const gone = await database.transaction((db) => deleteMailAddress(db, id, projectId));
      if (!gone) throw notFound();
    },

    async unsubscribe(token) {
      const id = links.idIn(token);
      if (id === undefined) throw new DomainError('NotFound', 'There is no such link.');
      await database.transaction(async (db) => {
        const gone = await deleteMailAddress(db, id);
        // Who wants no more wants no codes either, for a while.
        if (gone) await emptyBudget(db, codeBudget(gone.address), clock());
      });
    },
  };
}

function checkSending({ isSending }: MailAddressesOptions): void {
  if (!isSending) throw new DomainError('NotFound', 'This service sends no mail.');
}

async function own(db: Connection, projectId: string, id: string): Promise<KeptMailAddress> {
  const kept = await findMailAddress(db, id);
  if (kept?.projectId !== projectId) throw notFound();
  return kept;
}

async function add(
  options: MailAddressesOptions,
  draft: MailAddressDraft,
  made: Pick<MailAddress, 'projectId' | 'byUser'>,
): Promise<MailAddress> {
  const { database, quota, clock } = options;
  const { projectId } = made;
  const { address, mode, kinds } = draft;
  const id = randomUUID();
  return await database.transaction(async (db) => {
    await lockUsage(db, projectId);
    const others = await listMailAddresses(db, projectId);
    if (others.some((other) => other.address.toLowerCase() === address.toLowerCase())) {
      throw new DomainError('NameTaken', 'That address is there already.');
    }
    if (others.length >= quota) {
      throw new DomainError('QuotaExceeded', `A project has at most ${quota} mail addresses.`);
    }
    await spendForCode(options, db, { projectId, address });
    await insertMailAddress(db, { id, ...made, address, mode, kinds, createdAt: clock() });
    return await own(db, projectId, id);
  });
}

/** @throws RetryLaterError, whose transaction counts nothing */
async function spendForCode(
  { rate, clock }: MailAddressesOptions,
  db: Connection,
  { projectId, address }: Pick<MailAddress, 'projectId' | 'address'>,
): Promise<void> {
  const budgets = [
    { budget: projectBudget(projectId, rate), what: 'This project causes too much mail.' },
    { budget: codeBudget(address), what: 'That address was sent codes enough.' },
  ];
  for (const { budget, what } of budgets) {
    const seconds = Math.ceil((await spendBudget(db, budget, clock())) / 1000);
    if (seconds > 0) {
      const text = `${what} Wait ${seconds} s, then try again.`;
      throw new RetryLaterError('TooManyRequests', text, seconds);
    }
  }
}

/** How much mail a project may cause. */
export function projectBudget(projectId: string, rate: Rate): MailBudget {
  return { key: `project ${projectId}`, rate };
}

/** How many codes an address may be sent. */
export function codeBudget(address: string): MailBudget {
  const digest = createHash('sha256').update(address.toLowerCase()).digest('base64url');
  return { key: `address ${digest}`, rate: codesPerAddress };
}

/** Undefined for a wrong code, which counts. */
async function verify(
  options: MailAddressesOptions,
  { id, projectId, mode }: KeptMailAddress,
  code: string,
): Promise<MailAddress | undefined> {
  const { database, links, clock, digestHour } = options;
  // It is told of what comes from now on.
  const cursor = await newestEvent(database, 0);
  const now = clock();
  return await database.transaction(async (db) => {
    const hash = await spendCodeTry(db, { id, now, most: mostCodeTries });
    if (hash === undefined || !isEqual(hash, links.codeHash(id, code))) return undefined;
    await updateCode(db, id, null);
    const well = { attempts: 0, failingSince: null, lastError: null, codeAskedAt: null };
    const dueAt = nextDue(mode, { now, digestHour });
    await updateMailAddress(db, id, { ...well, verifiedAt: now, cursor, dueAt });
    return await own(db, projectId, id);
  });
}

function notFound(): DomainError {
  return new DomainError('NotFound', 'There is no such mail address.');
}

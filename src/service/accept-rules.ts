import { randomUUID } from 'node:crypto';
import { deleteRule, insertRule, listRules } from '../database/accept-rules.ts';
import type { Database } from '../database/database.ts';
import type { AcceptRule } from '../domain/accept-rule.ts';
import type { Caller } from '../domain/caller.ts';
import { DomainError } from '../domain/errors.ts';
import type { Policy } from '../domain/policy.ts';
import { checkTerms } from '../domain/share.ts';
import { projectThatAnswers, projectThatLooks } from './inbox.ts';
import type { Names } from './names.ts';
import type { Recipients } from './recipients.ts';

export interface AcceptRulesOptions {
  readonly database: Database;
  readonly policy: Policy;
  readonly names: Names;
  readonly recipients: Recipients;
  readonly clock: () => Date;
}

/** What a rule accepts; the producer is an id, or a name of the caller's own domain. */
export type RuleDraft = Pick<AcceptRule, 'producerId' | 'namePattern' | 'family' | 'endsAt'>;

/** The rules by which a project accepts offers before it has seen them. */
export interface AcceptRules {
  list(
    caller: Caller,
  ): Promise<{ rules: readonly AcceptRule[]; names: ReadonlyMap<string, string> }>;
  /** @throws DomainError `NotPermitted`, `QuotaExceeded`, `InvalidRequest` for an end that has passed */
  add(caller: Caller, draft: RuleDraft): Promise<AcceptRule>;
  /** @throws DomainError `NotPermitted`, `NotFound` */
  remove(caller: Caller, id: string): Promise<void>;
}

/** Each offer asks those for its producer. */
const mostRules = 100;

export function acceptRulesService({
  database,
  policy,
  names,
  recipients,
  clock,
}: AcceptRulesOptions): AcceptRules {
  return {
    async list(caller) {
      const rules = await listRules(database.read, projectThatLooks(policy, caller));
      const producers = rules.map(({ producerId }) => producerId);
      return { rules, names: await names.ofPartners(producers, caller) };
    },

    async add(caller, draft) {
      const projectId = projectThatAnswers(policy, caller);
      const now = clock();
      checkTerms({ note: null, expiresAt: draft.endsAt }, now);
      const { projectId: producerId } = await recipients.find(caller, draft.producerId, 'producer');
      const made = { byUser: caller.userId, createdAt: now, uses: 0, usedAt: null };
      const rule: AcceptRule = { id: randomUUID(), projectId, ...draft, producerId, ...made };
      await database.transaction(async (db) => {
        if ((await listRules(db, projectId)).length >= mostRules) {
          throw new DomainError('QuotaExceeded', `A project has at most ${mostRules} rules.`);
        }
        await insertRule(db, rule);
      });
      return rule;
    },

    async remove(caller, id) {
      const projectId = projectThatAnswers(policy, caller);
      const wasThere = await database.transaction((db) => deleteRule(db, projectId, id));
      if (!wasThere) throw new DomainError('NotFound', 'There is no such rule.');
    },
  };
}

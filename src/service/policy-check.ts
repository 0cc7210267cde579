import { type Caller, isAdmin } from '../domain/caller.ts';
import { DomainError } from '../domain/errors.ts';
import type { Policy } from '../domain/policy.ts';
import { decide, type PolicyDecision, type PolicyQuestion } from '../domain/policy-check.ts';

/** Tells how the rules of the running service decide. */
export interface PolicyCheck {
  /** @throws DomainError `NotPermitted` to anyone but an admin. */
  explain(caller: Caller, question: PolicyQuestion): PolicyDecision;
}

export function policyCheckService({ policy }: { readonly policy: Policy }): PolicyCheck {
  return {
    explain(caller, question) {
      if (!isAdmin(caller)) throw new DomainError('NotPermitted', 'Only admins ask about rules.');
      return decide(policy, question);
    },
  };
}

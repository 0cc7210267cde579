import { Type } from 'typebox';
import { Compile } from 'typebox/schema';
import { DomainError } from '../domain/errors.ts';
import { actions, isAction } from '../domain/policy.ts';
import { type PolicyDecision, type PolicyQuestion, relations } from '../domain/policy-check.ts';
import { visibilities } from '../domain/visibility.ts';
import type { JsonObject } from './json-body.ts';
import { label } from './schemas.ts';

/** A question about the rules, as the wire has it. */
export interface PolicyQuestionBody {
  readonly action: string;
  readonly roles: readonly string[];
  readonly relation: (typeof relations)[number];
  readonly visibility: (typeof visibilities)[number];
}

/** How the rules decide, as the wire has it. */
export interface PolicyDecisionBody {
  readonly allowed: boolean;
  /** The rule that decided, `visibility` for an image that is not seen at all. */
  readonly decided_by: string;
  /** The rule as it was written. */
  readonly rule: string;
  /** Whether the operator has replaced it. */
  readonly overridden: boolean;
  readonly because: readonly { readonly condition: string; readonly holds: boolean }[];
}

const question = Compile(
  Type.Object({
    action: Type.String(),
    roles: Type.Array(Type.String({ minLength: 1, maxLength: 255 }), { maxItems: 100 }),
    relation: Type.Enum([...relations]),
    visibility: Type.Enum([...visibilities]),
  }),
);

/** Reads a question about the rules. @throws DomainError `InvalidRequest` */
export function parsePolicyQuestion(body: JsonObject): PolicyQuestion {
  if (!question.Check(body)) {
    const [error] = question.Errors(body)[1];
    const field = error?.instancePath.slice(1) || 'The body';
    throw new DomainError('InvalidRequest', `${field}: ${error?.message ?? 'is not valid'}.`);
  }
  const { action, ...rest } = body as unknown as PolicyQuestionBody;
  if (isAction(action)) return { action, ...rest };
  const known = [...actions].join(', ');
  throw new DomainError('InvalidRequest', `action: no rule ${label(action)}; there are ${known}.`);
}

/** Writes a decision as its document. */
export function policyDecisionDocument(decision: PolicyDecision): PolicyDecisionBody {
  return {
    allowed: decision.allowed,
    decided_by: decision.decidedBy,
    rule: decision.rule,
    overridden: decision.isOverridden,
    because: decision.because,
  };
}

import { type Static, Type } from 'typebox';
import type { AcceptRule } from '../../domain/accept-rule.ts';
import { LineText, NamedProject, nullable, ProjectText, Time } from './fields.ts';
import { operation } from './operation.ts';

const tag = 'accept rules';

/** A rule by which offers are accepted at once. */
export const RuleDocument = Type.Object({
  id: Type.String(),
  producer: NamedProject,
  name: nullable(Type.String()),
  family: nullable(Type.String()),
  expires_at: nullable(Time),
  by_user: Type.String(),
  created_at: Time,
  uses: Type.Integer(),
  used_at: nullable(Time),
});

export const listRules = operation({
  id: 'listRules',
  method: 'GET',
  path: '/vitrine/v1/accept-rules',
  tag,
  summary: 'The rules by which this project accepts offers at once',
  answer: Type.Object({ rules: Type.Array(RuleDocument) }),
});

export const addRule = operation({
  id: 'addRule',
  method: 'POST',
  path: '/vitrine/v1/accept-rules',
  tag,
  summary:
    'Accepts what a producer offers from now on: images whose name matches (`*` any text, `?` any character) and whose property family is that, until a time',
  body: Type.Object(
    {
      producer: ProjectText,
      name: Type.Optional(nullable(LineText)),
      family: Type.Optional(nullable(LineText)),
      expires_at: Type.Optional(nullable(Time)),
    },
    { additionalProperties: false },
  ),
  answer: RuleDocument,
});

export const removeRule = operation({
  id: 'removeRule',
  method: 'DELETE',
  path: '/vitrine/v1/accept-rules/{ruleId}',
  tag,
  summary: 'Takes a rule away; what it has accepted stays accepted',
});

/** Writes a rule as its document. */
export function ruleDocument(
  rule: AcceptRule,
  names: ReadonlyMap<string, string> = new Map(),
): Static<typeof RuleDocument> {
  return {
    id: rule.id,
    producer: { id: rule.producerId, name: names.get(rule.producerId) ?? null },
    name: rule.namePattern,
    family: rule.family,
    expires_at: rule.endsAt?.toISOString() ?? null,
    by_user: rule.byUser,
    created_at: rule.createdAt.toISOString(),
    uses: rule.uses,
    used_at: rule.usedAt?.toISOString() ?? null,
  };
}

import type { FastifyInstance } from 'fastify';
import { addRule, listRules, removeRule, ruleDocument } from '../../api/vitrine/accept-rules.ts';
import { timeFrom } from '../../api/vitrine/fields.ts';
import type { AcceptRules } from '../../service/accept-rules.ts';
import { routeOperation } from './operations.ts';

/** The rules by which offers are accepted at once. */
export function acceptRuleRoutes(app: FastifyInstance, acceptRules: AcceptRules): void {
  routeOperation(app, listRules, async ({ caller }) => {
    const { rules, names } = await acceptRules.list(caller);
    return { rules: rules.map((rule) => ruleDocument(rule, names)) };
  });

  routeOperation(app, addRule, async ({ caller, body }) => {
    const { producer: producerId, name: namePattern = null, family = null } = body;
    const endsAt = timeFrom('expires_at', body.expires_at);
    return ruleDocument(await acceptRules.add(caller, { producerId, namePattern, family, endsAt }));
  });

  routeOperation(app, removeRule, ({ caller, path }) => acceptRules.remove(caller, path.ruleId));
}

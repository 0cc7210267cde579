import type { FastifyInstance } from 'fastify';
import { parseJsonObject } from '../api/json-body.ts';
import { parsePolicyQuestion, policyDecisionDocument } from '../api/policy-check-document.ts';
import type { PolicyCheck } from '../service/policy-check.ts';
import { bodyOf } from './body.ts';
import { sendJson } from './reply.ts';

/** How the rules decide, for admins; Vitrine's own, no part of the Images API. */
export function policyCheckRoutes(app: FastifyInstance, policyCheck: PolicyCheck): void {
  app.post('/vitrine/v1/policy/check', async (request, reply) => {
    const question = parsePolicyQuestion(parseJsonObject(bodyOf(request)));
    const decision = policyCheck.explain(request.caller, question);
    return sendJson(reply, 200, policyDecisionDocument(decision));
  });
}

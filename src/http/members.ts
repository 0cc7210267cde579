import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { parseJsonObject } from '../api/json-body.ts';
import {
  memberDocument,
  memberListDocument,
  parseAnswer,
  parseMemberStatus,
  parseNewMember,
} from '../api/member-document.ts';
import type { Recipient } from '../domain/recipient.ts';
import type { Members } from '../service/members.ts';
import { bodyOf, refuseBody } from './body.ts';
import { sendJson } from './reply.ts';

interface MembersParams {
  Params: { imageId: string };
}

interface MemberParams {
  Params: { imageId: string; memberId: string };
}

/** Whom images are shared with. @see Images API v2, "Sharing images" */
export function memberRoutes(app: FastifyInstance, members: Members): void {
  app.post<MembersParams>('/v2/images/:imageId/members', async (request, reply) => {
    const memberId = parseNewMember(parseJsonObject(bodyOf(request)));
    request.auditTarget = memberId;
    const { member, found } = await members.add(request.caller, request.params.imageId, memberId);
    request.auditTarget = member.projectId;
    tellUnknown(request, reply, { memberId, found });
    return sendJson(reply, 200, memberDocument(member));
  });

  app.get<MembersParams>(
    '/v2/images/:imageId/members',
    { onRequest: refuseBody },
    async (request, reply) => {
      const list = await members.list(request.caller, request.params.imageId);
      return sendJson(reply, 200, memberListDocument(list));
    },
  );

  app.get<MemberParams>(
    '/v2/images/:imageId/members/:memberId',
    { onRequest: refuseBody },
    async (request, reply) => {
      const { imageId, memberId } = request.params;
      return sendJson(
        reply,
        200,
        memberDocument(await members.show(request.caller, imageId, memberId)),
      );
    },
  );

  app.put<MemberParams>('/v2/images/:imageId/members/:memberId', async (request, reply) => {
    const status = parseAnswer(parseJsonObject(bodyOf(request)));
    const { imageId, memberId } = request.params;
    const member = await members.answer(request.caller, imageId, memberId, () =>
      parseMemberStatus(status),
    );
    return sendJson(reply, 200, memberDocument(member));
  });

  app.delete<MemberParams>(
    '/v2/images/:imageId/members/:memberId',
    { onRequest: refuseBody },
    async (request, reply) => {
      const { imageId, memberId } = request.params;
      await members.remove(request.caller, imageId, memberId);
      return reply.code(204).send();
    },
  );
}

/** An owner who shares with a project that nobody knows mostly has mistyped it, and should learn so. */
export function tellUnknown(
  request: FastifyRequest,
  reply: FastifyReply,
  { memberId, found }: { readonly memberId: string; readonly found: Recipient['found'] },
): void {
  if (found === 'id' || found === 'unasked') return;
  reply.header('x-vitrine-member', found === 'name' ? 'found-by-name' : 'unknown-project');
  if (found === 'name') return;
  request.log.info(
    { requestId: request.id, memberId },
    'An image was shared with an unknown project.',
  );
}

import type { FastifyInstance } from 'fastify';
import { parseJsonObject } from '../api/json-body.ts';
import {
  memberDocument,
  memberListDocument,
  parseAnswer,
  parseMemberStatus,
  parseNewMember,
} from '../api/member-document.ts';
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
    const projectId = parseNewMember(parseJsonObject(bodyOf(request)));
    request.auditTarget = projectId;
    const member = await members.add(request.caller, request.params.imageId, projectId);
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

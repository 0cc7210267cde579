import type { FastifyInstance } from 'fastify';
import {
  addMailAddress,
  changeMailAddress,
  listMailAddresses,
  mailAddressDocument,
  removeMailAddress,
  sendMailCode,
  verifyMailAddress,
} from '../../api/vitrine/mail.ts';
import type { MailAddresses } from '../../service/mail-addresses.ts';
import { routeOperation } from './operations.ts';
import { plainPath } from './plain-path.ts';

/** The addresses at which a project is told what happens. */
export function mailRoutes(app: FastifyInstance, mail: MailAddresses): void {
  routeOperation(app, listMailAddresses, async ({ caller }) => ({
    addresses: (await mail.list(caller)).map(mailAddressDocument),
    sends_mail: mail.isSending,
  }));

  routeOperation(app, addMailAddress, async ({ caller, body, request }) => {
    const { address, mode = 'at_once', events: kinds = null } = body;
    const added = await mail.add(caller, { address, mode, kinds });
    request.auditTarget = added.id;
    return mailAddressDocument(added);
  });

  routeOperation(app, changeMailAddress, async ({ caller, path, body, request }) => {
    const { mailId } = plainPath(path);
    request.auditTarget = mailId;
    const { mode, events: kinds } = body;
    const to = { ...(mode && { mode }), ...(kinds !== undefined && { kinds }) };
    return mailAddressDocument(await mail.change(caller, mailId, to));
  });

  routeOperation(app, removeMailAddress, async ({ caller, path, request }) => {
    request.auditTarget = plainPath(path).mailId;
    await mail.remove(caller, plainPath(path).mailId);
  });

  routeOperation(app, sendMailCode, async ({ caller, path, request }) => {
    request.auditTarget = plainPath(path).mailId;
    await mail.sendCode(caller, plainPath(path).mailId);
  });

  routeOperation(app, verifyMailAddress, async ({ caller, path, body, request }) => {
    request.auditTarget = plainPath(path).mailId;
    return mailAddressDocument(await mail.verify(caller, plainPath(path).mailId, body.code));
  });
}

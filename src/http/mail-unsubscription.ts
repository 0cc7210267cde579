import type { FastifyInstance, FastifyReply } from 'fastify';
import type { MailAddresses } from '../service/mail-addresses.ts';
import { readBodies } from './body.ts';
import { queryOf } from './reply.ts';
import { nameRequest } from './request-id.ts';

const path = '/vitrine/v1/mail/unsubscription';

/** Nothing in it is anybody's, so nothing in it can be dangerous. */
const page = (body: string) =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">` +
  `<title>Notices about shared images</title>${body}</html>\n`;

const question = page('<form method="post"><button>Send no more notices to me</button></form>');

const done = page('<p>Nothing more is sent to this address for that project.</p>');

/**
 * What the link in a message leads to, for whoever reads it. Programs that look at links before people do change
 * nothing by it: that takes a POST, which mail programs send by themselves when somebody unsubscribes.
 *
 * @see RFC 8058
 */
export async function mailUnsubscriptionRoutes(
  app: FastifyInstance,
  mail: MailAddresses,
): Promise<void> {
  app.addHook('onRequest', nameRequest);
  readBodies(app);
  app.get(path, async (_request, reply) => sendPage(reply, question));
  app.post(path, { bodyLimit: 4096 }, async (request, reply) => {
    await mail.unsubscribe(queryOf(request).get('token') ?? '');
    return sendPage(reply, done);
  });
}

function sendPage(reply: FastifyReply, text: string): FastifyReply {
  return reply
    .headers({
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy':
        "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    })
    .send(text);
}

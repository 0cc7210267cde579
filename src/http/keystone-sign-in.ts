import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { DomainError } from '../domain/errors.ts';
import type { KeystoneAnswer } from '../identity/keystone/connection.ts';
import type { KeystoneSignIn } from '../identity/keystone/sign-in.ts';
import { bodyReader, parseJsonBodies } from './identity/body.ts';
import { LoginBody, proofIn } from './identity/login-body.ts';
import { refuseOtherMethods } from './method-not-allowed.ts';
import { sendJsonText } from './reply.ts';

const prefix = '/vitrine/v1/keystone/v3/auth';

/** Longer tokens are nobody's. */
const maxTokenLength = 4096;

const readLogin = bodyReader(LoginBody);

/**
 * Signs people in at the cloud's Keystone by way of this service, for the web console. There is no cookie and no
 * state: what the page is told it must send with each request, which no page of another origin can.
 */
export async function keystoneSignInRoutes(
  app: FastifyInstance,
  signIn: KeystoneSignIn,
): Promise<void> {
  parseJsonBodies(app);
  await refuseOtherMethods(app, async (routes) => {
    routes.post(`${prefix}/tokens`, async (request, reply) => {
      const { auth } = readLogin(request);
      const { ip: address } = request;
      return pass(reply, await signIn.logIn({ body: { auth }, user: userIn(auth), address }));
    });
    routes.delete(`${prefix}/tokens`, async (request, reply) =>
      pass(reply, await signIn.revoke(tokenOf(request))),
    );
    routes.get(`${prefix}/projects`, async (request, reply) =>
      pass(reply, await signIn.listProjects(tokenOf(request))),
    );
  });
}

/** Who says that he signs in; undefined for who goes on from a token. @throws DomainError `InvalidRequest` */
function userIn(auth: Parameters<typeof proofIn>[0]): string | undefined {
  const proof = proofIn(auth);
  if (proof.method === 'token') return undefined;
  if (proof.method === 'password') {
    const { user } = proof;
    return 'id' in user ? user.id : user.name;
  }
  throw new DomainError('InvalidRequest', 'auth.identity.methods: password or token is wanted.');
}

/** @throws DomainError `NotAuthenticated` */
function tokenOf({ headers }: FastifyRequest): string {
  const token = headers['x-auth-token'];
  const isToken = typeof token === 'string' && /^[\x21-\x7e]+$/.test(token);
  if (isToken && token.length <= maxTokenLength) return token;
  throw new DomainError('NotAuthenticated', 'The request needs a token in x-auth-token.');
}

function pass(reply: FastifyReply, { status, subjectToken, text }: KeystoneAnswer): FastifyReply {
  if (subjectToken !== undefined) reply.header('x-subject-token', subjectToken);
  reply.header('cache-control', 'no-store');
  return text === '' ? reply.code(status).send() : sendJsonText(reply, status, text);
}

import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import type { EmbeddedIdentity } from '../../service/identity/open-identity.ts';
import type { KeyState } from '../../service/identity/signing-keys.ts';
import { bodyReader } from './body.ts';
import { callerOf } from './caller.ts';
import { listDocument } from './documents.ts';
import type { Links } from './links.ts';
import { tokenTime } from './token-document.ts';

const Rotation = Type.Object({
  rotation: Type.Object({ drop_others: Type.Optional(Type.Boolean()) }),
});

/** The keys of tokens; for admins. Keystone has nothing like it: its keys are files. */
export function signingKeyRoutes(
  app: FastifyInstance,
  { signingKeys, tokens }: EmbeddedIdentity,
  links: Links,
): void {
  const readRotation = bodyReader(Rotation);
  const path = '/v3/signing_keys';
  const document = (keys: readonly KeyState[], v3: string) =>
    listDocument('signing_keys', keys.map(keyDocument), `${v3}/signing_keys`);

  app.get(path, async (request) => {
    const caller = await callerOf(request, tokens);
    return document(await signingKeys.list(caller), links.v3(request));
  });

  app.post(path, async (request) => {
    const caller = await callerOf(request, tokens);
    const dropsOthers = readRotation(request).rotation.drop_others ?? false;
    return document(await signingKeys.rotate(caller, { dropsOthers }), links.v3(request));
  });
}

function keyDocument({ id, createdAt, neededUntil }: KeyState) {
  return {
    id,
    created_at: tokenTime(createdAt),
    signs: neededUntil === null,
    needed_until: neededUntil && tokenTime(neededUntil),
  };
}

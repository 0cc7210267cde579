import { Agent } from 'node:http';
import { makeCallers } from '../../support/callers.ts';
import { cloudAuth, logIn } from '../../support/clouds.ts';
import { sender } from '../../support/service.ts';
import type { Target } from './scene.ts';

/**
 * A running service, reached as the cloud `vitrine-admin` of a `clouds.yaml` says. The projects and users
 * that the rows speak of are made when they are missing; all users get the admin's password.
 *
 * @param url of the Images API; that of the catalog unless given
 */
export async function cloudTarget(
  cloudsFile: string,
  url?: string,
): Promise<Target & AsyncDisposable> {
  const auth = await cloudAuth(cloudsFile, 'vitrine-admin');
  const endpoint = (url ?? (await logIn(auth)).imageEndpoint).replace(/\/+$/, '');
  const agent = new Agent({ keepAlive: true });
  const identity = new URL(auth.auth_url);
  const { projects, tokens } = await makeCallers(
    sender(identity.origin, agent),
    auth.password,
    identity.pathname.replace(/\/+$/, ''),
  );
  const send = sender(endpoint, agent);
  return {
    url: endpoint,
    projects,
    call: (caller, method, path, body, headers) =>
      send(method, path, body, {
        ...(caller !== 'nobody' && { 'x-auth-token': tokens[caller] }),
        ...headers,
      }),
    async [Symbol.asyncDispose]() {
      agent.destroy();
    },
  };
}

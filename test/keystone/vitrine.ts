import assert from 'node:assert/strict';
import { noteSecret } from '../support/secrets.ts';
import { emptyFolder, spawnService } from '../support/service-process.ts';
import { keystoneSettings, openRealKeystone, type RealKeystone } from './real-keystone.ts';

/** A Vitrine of its own process that asks Keystone. */
export interface Vitrine extends AsyncDisposable {
  /** The status of a list of images by somebody with these headers. */
  list(token: string, serviceToken?: string): Promise<number>;
  /** The document that a call answers, which must succeed. */
  call(method: string, path: string, token: string, body?: unknown): Promise<unknown>;
}

/** The Keystone that the run has started. */
export async function givenKeystone(): Promise<RealKeystone> {
  const folder = process.env['VITRINE_TEST_KEYSTONE'];
  assert(folder, 'These tests are run by npm run test:keystone.');
  return await openRealKeystone(folder);
}

/** Starts a Vitrine by `settings` beside those that it needs; no secret may be in its log when it ends. */
export async function startVitrine(
  keystone: RealKeystone,
  settings: Readonly<Record<string, string>> = {},
): Promise<Vitrine> {
  await using parts = new AsyncDisposableStack();
  const folder = parts.use(await emptyFolder());
  noteSecret(keystone.password);
  const service = spawnService({
    VITRINE_PORT: '0',
    VITRINE_DATA_DIR: folder.path,
    VITRINE_LOG_LEVEL: 'trace',
    ...keystoneSettings(keystone),
    ...settings,
  });
  parts.defer(async () => {
    service.kill('SIGTERM');
    await service.exited;
  });
  const url = await service.ready;
  const owned = parts.move();
  return {
    async list(token, serviceToken) {
      const service = serviceToken !== undefined && { 'x-service-token': serviceToken };
      const headers = { 'x-auth-token': token, ...service };
      const response = await fetch(`${url}/v2/images`, { headers });
      await response.arrayBuffer();
      return response.status;
    },
    async call(method, path, token, body) {
      const response = await fetch(`${url}${path}`, {
        method,
        headers: { 'x-auth-token': token, 'content-type': 'application/json' },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      assert(response.ok, `${method} ${path}: ${response.status} ${text}`);
      return JSON.parse(text);
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

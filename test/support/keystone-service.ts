import { mkdtemp, rm } from 'node:fs/promises';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../src/config.ts';
import { startService } from '../../src/server.ts';
import {
  type Answer,
  type KeystoneServer,
  serviceUser,
  startKeystoneServer,
} from './keystone-server.ts';
import { type Send, sender } from './service.ts';
import { watchedLog } from './watched-log.ts';

/** The real service, which asks a server that speaks as Keystone. */
export interface KeystoneService extends AsyncDisposable {
  readonly keystone: KeystoneServer;
  readonly folder: string;
  readonly send: Send;
  /** What the service has logged, every level of it; when it has ended, no secret may be in there. */
  readonly log: () => string;
}

export interface KeystoneServiceOptions {
  /** How Keystone answers from the start on. */
  readonly answer?: Answer;
  /** Seconds that the service waits for Keystone at most. */
  readonly timeout?: number;
}

/** Where callers log in, as the operator says. */
export const publicUri = 'https://keystone.example.com/v3';

/** Starts both on ports of their own. */
export async function startKeystoneService({
  answer,
  timeout = 1,
}: KeystoneServiceOptions = {}): Promise<KeystoneService> {
  await using parts = new AsyncDisposableStack();
  const keystone = parts.use(await startKeystoneServer());
  keystone.answerBy(answer);
  const folder = await mkdtemp(join(tmpdir(), 'vitrine-test-'));
  parts.defer(() => rm(folder, { recursive: true }));
  const config = loadConfig(
    {
      VITRINE_PORT: '0',
      VITRINE_DATA_DIR: folder,
      VITRINE_IDENTITY: 'keystone',
      VITRINE_KEYSTONE_AUTH_URL: keystone.url,
      VITRINE_KEYSTONE_WWW_AUTHENTICATE_URI: publicUri,
      VITRINE_KEYSTONE_USERNAME: serviceUser.username,
      VITRINE_KEYSTONE_PASSWORD: serviceUser.password,
      VITRINE_KEYSTONE_PROJECT_NAME: 'service',
      VITRINE_KEYSTONE_TIMEOUT: String(timeout),
    },
    undefined,
  );
  const log = watchedLog();
  const service = await startService(config, log.log);
  parts.defer(async () => {
    await service.stop();
    log.check();
  });
  const agent = new Agent({ keepAlive: true });
  parts.defer(() => agent.destroy());
  const owned = parts.move();
  return {
    keystone,
    folder,
    send: sender(service.url, agent),
    log: log.text,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

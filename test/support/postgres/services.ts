import { mkdtemp, rm } from 'node:fs/promises';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Config, loadConfig } from '../../../src/config.ts';
import { startService } from '../../../src/server.ts';
import { passwordCost } from '../identity.ts';
import { sender, startTestService, type TestService } from '../service.ts';
import { watchedLog } from '../watched-log.ts';
import { addressIn, postgresDatabase } from './databases.ts';

/** Services on one database, with one folder of images: the first made the accounts that call all of them. */
export interface TestServices extends AsyncDisposable {
  readonly url: string;
  readonly services: readonly [TestService, TestService];
}

/** Starts two services as two processes would be, each with a data folder of its own. */
export async function startPair(config: Partial<Config> = {}): Promise<TestServices> {
  await using parts = new AsyncDisposableStack();
  const { url } = parts.use(await postgresDatabase());
  const images = await mkdtemp(join(tmpdir(), 'vitrine-images-'));
  parts.defer(() => rm(images, { recursive: true }));
  const common = { databaseUrl: addressIn(url), filesystemStoreDatadir: images, ...config };
  const first = parts.use(await startTestService({ config: common }));
  const second = parts.use(await startBeside(first, common));
  const rest = parts.move();
  return {
    url,
    services: [first, second],
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  };
}

/** A further service on the database of `first`, called with the tokens of that one. */
export async function startBeside(
  first: TestService,
  config: Partial<Config>,
): Promise<TestService> {
  const folder = await mkdtemp(join(tmpdir(), 'vitrine-test-'));
  const log = watchedLog();
  const running = await startService(
    { ...loadConfig({}, undefined), port: 0, dataDir: folder, ...config },
    log.log,
    { passwordCost },
  );
  const agent = new Agent({ keepAlive: true });
  const send = sender(running.url, agent);
  return {
    ...first,
    url: running.url,
    port: Number(new URL(running.url).port),
    folder,
    log: log.text,
    call: (caller, method, path, body, headers) =>
      send(method, path, body, {
        ...(caller !== 'nobody' && { 'x-auth-token': first.tokens[caller] }),
        ...headers,
      }),
    async [Symbol.asyncDispose]() {
      agent.destroy();
      await running.stop();
      await rm(folder, { recursive: true });
      log.check();
    },
  };
}

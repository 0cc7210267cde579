import { type Environment, emptyFolder, spawnService } from './service-process.ts';

/** A Vitrine of its own process, on a data folder of its own; both are gone when it is disposed of. */
export interface RunningServer extends AsyncDisposable {
  /** Base URL without a trailing slash. */
  readonly url: string;
  readonly dataDirectory: string;
}

/** Starts Vitrine as an operator does, on a free port of the loopback address, and waits until it is ready. */
export async function startServer(settings: Environment = {}): Promise<RunningServer> {
  await using parts = new AsyncDisposableStack();
  const { path } = parts.use(await emptyFolder());
  const server = spawnService({ VITRINE_PORT: '0', VITRINE_DATA_DIR: path, ...settings });
  parts.defer(async () => {
    server.kill('SIGTERM');
    await server.exited;
  });
  const url = await server.ready;
  const owned = parts.move();
  return { url, dataDirectory: path, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

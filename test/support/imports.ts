import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { CallerName } from './callers.ts';
import { type CreatedImage, createImage, dataType, expectStatus } from './images.ts';
import type { Answer, TestService } from './service.ts';

/** A host whose data can be imported by URL. */
export interface DataHost extends AsyncDisposable {
  /** With a slash at its end. */
  readonly url: string;
}

/** Answers as `listener` does, on a free port of this machine. */
export async function dataHost(listener: RequestListener): Promise<DataHost> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => {
        server.close(resolve);
      });
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Lets a service ask hosts of this machine, at any port. */
export const openWeb = { webAllowedPorts: [], webAllowedHosts: ['127.0.0.1'] } as const;

/** Stages data for an image. */
export function stage(
  service: TestService,
  imageId: string,
  data: string | Uint8Array = '12345',
  caller: CallerName = 'producer',
): Promise<Answer> {
  return service.call(caller, 'PUT', `/v2/images/${imageId}/stage`, Buffer.from(data), dataType);
}

/** Asks for an import. */
export function startImport(
  service: TestService,
  imageId: string,
  body: unknown = { method: { name: 'glance-direct' } },
  caller: CallerName = 'producer',
): Promise<Answer> {
  return service.call(caller, 'POST', `/v2/images/${imageId}/import`, body);
}

/** An image with staged data. */
export async function stagedImage(
  service: TestService,
  data: string | Uint8Array = '12345',
  properties: Readonly<Record<string, unknown>> = {},
): Promise<CreatedImage> {
  const image = await createImage(service, properties);
  expectStatus(await stage(service, image.id, data), 204);
  return image;
}

/** The image once no import is at it. */
export async function imported(service: TestService, imageId: string): Promise<CreatedImage> {
  const end = Date.now() + 20_000;
  for (;;) {
    const { json } = await service.call('admin', 'GET', `/v2/images/${imageId}`);
    if (json.os_glance_import_task === undefined && json.status !== 'importing') return json;
    if (Date.now() > end) throw new Error(`The import does not end: ${JSON.stringify(json)}`);
    await new Promise((resolve) => {
      setTimeout(resolve, 5);
    });
  }
}

/** The last task of an image. */
// biome-ignore lint/suspicious/noExplicitAny: tests read whatever document came.
export async function lastTask(service: TestService, imageId: string): Promise<any> {
  const { json } = await service.call('admin', 'GET', `/v2/images/${imageId}/tasks`);
  return json.tasks.at(-1);
}

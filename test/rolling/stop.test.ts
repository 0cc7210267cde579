import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, type ClientRequest, type IncomingMessage } from 'node:http';
import { describe, test } from 'node:test';
import {
  beginCall,
  beginUpload,
  callService,
  checkQueued,
  checkWhole,
  createImage,
  dataFiles,
  imageWith,
  replyTo,
  until,
  untilSaving,
  uploadImage,
} from '../support/image-calls.ts';
import { type RunningService, runService } from '../support/running-service.ts';
import { type Exit, emptyFolder } from '../support/service-process.ts';
import { seededBytes } from '../support/slow-data.ts';

/** How long the service may take to end, ms; a second of it for a loaded machine. */
const longest = 6000;

/** Returns once new connections are refused. */
function untilRefused(service: RunningService): Promise<void> {
  return until('connections are refused', async () => {
    try {
      await fetch(`${service.url}/healthcheck`);
      return false;
    } catch {
      return true;
    }
  });
}

interface TimedExit extends Exit {
  /** ms */
  readonly time: number;
}

/** Asks the service to stop. */
async function timedStop(service: RunningService): Promise<TimedExit> {
  const begin = performance.now();
  const exit = await service.stop();
  return { ...exit, time: performance.now() - begin };
}

describe('stopping', { concurrency: true }, () => {
  test('ends at once when nothing runs, idle connections or not', async () => {
    await using service = await runService();
    using agent = keepAliveAgent();
    await callService(service, { path: '/v2/images', agent });
    await fetch(`${service.url}/healthcheck`);

    const { code, time } = await timedStop(service);

    assert.equal(code, 0);
    assert(time < 3500, `it took ${time} ms`);
  });

  test('lets a running upload and a running download end well, and takes nothing new', async () => {
    await using folder = await emptyFolder();
    const data = seededBytes('short', 8 * 1024 * 1024);
    let uploaded: string;
    {
      await using service = await runService({ folder: folder.path });
      using agent = keepAliveAgent();
      const downloadedId = await imageWith(service, data);
      uploaded = await createImage(service);
      const upload = await beginUpload(service, uploaded);
      upload.write(data.subarray(0, 1000));
      await untilSaving(service, uploaded);
      const path = `/v2/images/${downloadedId}/file`;
      const download = await beginCall(service, { path, agent });
      download.end();
      const [response] = (await once(download, 'response')) as [IncomingMessage];
      const stopped = timedStop(service);
      await untilRefused(service);

      upload.end(data.subarray(1000));
      const [reply, chunks] = await Promise.all([replyTo(upload), response.toArray()]);
      const { code, time } = await stopped;

      assert.equal(reply.status, 204);
      assert(Buffer.concat(chunks).equals(data), 'the download is not whole');
      assert.equal(code, 0);
      // Both connections are idle by then, and nothing else may hold the service up.
      assert(time < 3500, `it took ${time} ms`);
    }

    await using next = await runService({ folder: folder.path });
    await checkWhole(next, uploaded, data);
  });

  test('cuts off what does not end, and leaves nothing of it', async () => {
    await using folder = await emptyFolder();
    let id: string;
    {
      await using service = await runService({ folder: folder.path });
      id = await createImage(service);
      const other = await imageWith(service, seededBytes('large', 32 * 1024 * 1024));
      const upload = await beginUpload(service, id);
      const cut = once(upload, 'error');
      upload.write(seededBytes('slow', 2 * 1024 * 1024));
      await untilSaving(service, id);
      const download = await beginCall(service, { path: `/v2/images/${other}/file` });
      download.end();
      const [response] = (await once(download, 'response')) as [IncomingMessage];
      response.once('error', () => undefined);

      const { code, time } = await timedStop(service);

      await cut;
      assert.equal(code, 0);
      assert(time < longest, `it took ${time} ms`);
      assert.deepEqual(await dataFiles(folder.path), [other]);
    }

    await using next = await runService({ folder: folder.path });
    await checkQueued(next, id);
    const data = seededBytes('again', 100_000);
    assert.equal((await uploadImage(next, id, data)).status, 204);
    await checkWhole(next, id, data);
  });

  test('more signals change nothing', async () => {
    await using service = await runService();
    const id = await createImage(service);
    const upload = await beginUpload(service, id);
    upload.write('some');
    await untilSaving(service, id);
    service.kill('SIGTERM');
    await untilRefused(service);
    service.kill('SIGTERM');
    service.kill('SIGINT');

    const reply = await endAndRead(upload);
    const { code } = await service.exited;

    assert.equal(reply.status, 204);
    assert.equal(code, 0);
  });
});

function endAndRead(upload: ClientRequest) {
  upload.end();
  return replyTo(upload);
}

function keepAliveAgent(): Agent & Disposable {
  const agent = new Agent({ keepAlive: true });
  return Object.assign(agent, { [Symbol.dispose]: () => agent.destroy() });
}

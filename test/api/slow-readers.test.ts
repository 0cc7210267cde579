import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdir, readlink } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { after, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { until } from '../support/image-calls.ts';
import { createActiveImage, createImage } from '../support/images.ts';
import { rawConnection } from '../support/raw-connection.ts';
import { creationHeaders, pathOf, tus } from '../support/resumable-uploads.ts';
import { sharedService } from '../support/service.ts';
import { certificateFolder } from '../support/tls.ts';

const mib = 1024 * 1024;

// Far more than the system's own buffers take for a reader that stands still.
const data = Buffer.alloc(32 * mib, 'data');

const patient = await sharedService();
const impatient = await sharedService({ times: { silence: 1000 } });

const files = await certificateFolder();
after(() => files[Symbol.asyncDispose]());
const impatientTls = await sharedService({
  times: { silence: 1000 },
  config: { tlsCertFile: files.certFile, tlsKeyFile: files.keyFile },
});

type Service = typeof patient;

/** Asks for data `times` over, all at once, and reads none of it. */
async function askWithoutReading(service: Service, id: string, times = 1): Promise<Socket> {
  const isTls = service.url.startsWith('https:');
  const address = { port: service.port, host: '127.0.0.1' };
  const socket = isTls ? connectTls({ ...address, rejectUnauthorized: false }) : connect(address);
  // A service that gives up resets the connection.
  socket.on('error', () => undefined);
  await once(socket, isTls ? 'secureConnect' : 'connect');
  const { producer } = service.tokens;
  const head = `GET /v2/images/${id}/file HTTP/1.1\r\nHost: x\r\nX-Auth-Token: ${producer}\r\n\r\n`;
  socket.write(head.repeat(times));
  return socket;
}

/** How many downloads the service has open of an image. */
async function openDownloads(id: string): Promise<number> {
  const files = await readdir('/proc/self/fd');
  const paths = await Promise.all(
    files.map((file) => readlink(`/proc/self/fd/${file}`).catch(() => '')),
  );
  return paths.filter((path) => path.includes(id)).length;
}

for (const [name, service] of [
  ['TCP', impatient],
  ['TLS', impatientTls],
] as const) {
  test(`a reader over ${name} that stops is cut off once nothing has moved for the time of silence`, async () => {
    const { id } = await createActiveImage(service, data);

    const socket = await askWithoutReading(service, id);
    await until('the download is open', async () => (await openDownloads(id)) === 1);
    await until('the download is given up', async () => (await openDownloads(id)) === 0);
    let read = 0;
    socket.on('data', (chunk) => {
      read += chunk.length;
    });
    // Not by `once`, which takes the reset for a failure.
    await new Promise((resolve) => socket.once('close', resolve));

    assert.ok(read < data.length, `${read} bytes came`);
  });
}

test('a sender that stops is cut off too: its image is queued again, and what came to an upload that can be resumed stays', async () => {
  const { port, tokens } = impatient;
  const [plain, resumable] = [await createImage(impatient), await createImage(impatient)];
  const begun = await impatient.call(
    'producer',
    'POST',
    '/vitrine/v1/uploads',
    undefined,
    creationHeaders(resumable.id, 10),
  );
  const path = pathOf(begun);
  const send = async (line: string, type: string) => {
    const connection = await rawConnection(port);
    connection.write(
      `${line} HTTP/1.1\r\nHost: x\r\nX-Auth-Token: ${tokens.producer}\r\nContent-Length: 10\r\n` +
        `Content-Type: application/${type}\r\n\r\nfirst`,
    );
    return connection;
  };

  await using one = await send(`PUT /v2/images/${plain.id}/file`, 'octet-stream');
  const head = 'HTTP/1.1\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0';
  await using two = await send(`PATCH ${path} ${head}\r\nX-Rest:`, 'offset+octet-stream');
  const answers = [await one.closed(), await two.closed()];

  assert.deepEqual(answers, ['', '']);
  await until('the image is queued again', async () => {
    const { json } = await impatient.call('producer', 'GET', `/v2/images/${plain.id}`);
    return json.status === 'queued';
  });
  await until('what came is kept', async () => {
    const { headers } = await impatient.call('producer', 'HEAD', path, undefined, tus);
    return headers['upload-offset'] === '5';
  });
});

test('readers that stop hold two buffers each, whatever the size of the data', async () => {
  const { id } = await createActiveImage(patient, data);
  const before = process.memoryUsage().arrayBuffers;

  const sockets = await Promise.all(
    Array.from({ length: 8 }, () => askWithoutReading(patient, id)),
  );
  await until('all downloads are open', async () => (await openDownloads(id)) === 8);
  const held = process.memoryUsage().arrayBuffers - before;
  for (const socket of sockets) socket.destroy();
  await until('all downloads are closed', async () => (await openDownloads(id)) === 0);

  assert.ok(held <= 8 * 0.75 * mib, `${held} bytes are held`);
});

test('downloads asked for at once on one connection are open one after the other', async () => {
  const { id } = await createActiveImage(patient, data);

  const socket = await askWithoutReading(patient, id, 20);
  await until('a download is open', async () => (await openDownloads(id)) > 0);
  // Answered on another connection, after all that had come before on this one.
  await patient.call('producer', 'GET', `/v2/images/${id}`);
  const open = await openDownloads(id);
  socket.destroy();
  await until('all downloads are closed', async () => (await openDownloads(id)) === 0);

  assert.equal(open, 1);
});

test('downloads asked for at once on one connection all come', async () => {
  const { id } = await createActiveImage(patient, 'few bytes');

  const socket = await askWithoutReading(patient, id, 20);
  let said = '';
  socket.setEncoding('latin1').on('data', (text: string) => {
    said += text;
  });
  await until('all came', async () => {
    await new Promise(setImmediate);
    return said.split('few bytes').length === 21;
  });
  socket.destroy();

  assert.equal(said.split('HTTP/1.1 200 OK').length, 21);
});

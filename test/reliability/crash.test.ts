import assert from 'node:assert/strict';
import type { ClientRequest } from 'node:http';
import { test } from 'node:test';
import {
  beginCall,
  beginUpload,
  callService,
  checkQueued,
  checkWhole,
  createImage,
  dataFiles,
  deleteImage,
  imageWith,
  replyTo,
  showImage,
  until,
  untilSaving,
  uploadImage,
} from '../support/image-calls.ts';
import { type RunningService, runService } from '../support/running-service.ts';
import { emptyFolder } from '../support/service-process.ts';
import { seededBytes, seededFraction, writeAll } from '../support/slow-data.ts';

/** Bytes; more than what is hashed where it comes in, and no whole number of anything. */
const size = 1_500_001;
const rounds = 12;

/** What a crash interrupted, and what is known of it from the answers. */
interface Interrupted {
  readonly id: string;
  readonly data: Buffer;
  readonly isAcknowledged: boolean;
}

/** Follows a request that a crash may cut off: whether it was answered with 204 or not at all. */
function acknowledgement(call: ClientRequest): Promise<boolean> {
  return replyTo(call).then(
    ({ status }) => {
      assert.equal(status, 204);
      return true;
    },
    () => false,
  );
}

/** Time goes by, told by what the service has done and not by a clock. */
async function letPass(service: RunningService, calls: number): Promise<void> {
  for (let call = 0; call < calls; call += 1) await ask(service);
}

function ask(service: RunningService): Promise<unknown> {
  return callService(service, { path: '/healthcheck' });
}

/** A new image with data, and how many calls the service answers between the last byte and its answer. */
async function timedImage(service: RunningService, data: Buffer): Promise<[string, number]> {
  const id = await createImage(service);
  const upload = await beginUpload(service, id);
  await writeAll(upload, data);
  await untilSaving(service, id);
  upload.end();
  let isAnswered = false;
  const answered = acknowledgement(upload).finally(() => {
    isAnswered = true;
  });
  let calls = 0;
  for (; !isAnswered; calls += 1) await ask(service);
  assert(await answered);
  return [id, calls];
}

/** Uploads up to a moment between the first byte and the answer, then crashes the service. */
async function crashInUpload(
  service: RunningService,
  { round, duration }: { readonly round: number; readonly duration: number },
): Promise<Interrupted> {
  const id = await createImage(service);
  const data = seededBytes(`upload ${round}`, size);
  // Below 1 the part of the data that is sent, above the part of the time until the answer.
  const moment = (2 * (round + seededFraction(`moment ${round}`))) / rounds;
  const upload = await beginUpload(service, id);
  const acknowledged = acknowledgement(upload);
  await writeAll(upload, data.subarray(0, Math.max(1, Math.floor(moment * size))));
  await untilSaving(service, id);
  if (moment >= 1) {
    upload.end();
    await letPass(service, Math.floor((moment - 1) * duration));
    if (round === rounds - 1) await acknowledged;
  }
  await service.crash();
  return { id, data, isAcknowledged: await acknowledged };
}

/** Finds the image either whole or as if the upload had never begun; then there is room for a new one. */
async function checkUpload(
  service: RunningService,
  { id, data, isAcknowledged }: Interrupted,
): Promise<'whole' | 'gone'> {
  const { status } = await showImage(service, id);
  const isWhole = isAcknowledged || status === 'active';
  assert.equal((await dataFiles(service.folder)).includes(id), isWhole);
  if (isWhole) {
    await checkWhole(service, id, data);
    return 'whole';
  }
  await checkQueued(service, id);
  assert.equal((await uploadImage(service, id, data)).status, 204);
  await checkWhole(service, id, data);
  return 'gone';
}

/** Finds the image whole or gone for ever; gone it is in the end. */
async function checkDelete(
  service: RunningService,
  { id, data, isAcknowledged }: Interrupted,
): Promise<void> {
  const { status } = await callService(service, { path: `/v2/images/${id}` });
  if (status !== 404) {
    assert(!isAcknowledged, 'a deleted image is back');
    await checkWhole(service, id, data);
    await deleteImage(service, id);
    return;
  }
  const taken = await callService(service, {
    method: 'POST',
    path: '/v2/images',
    body: JSON.stringify({ id }),
  });
  assert.equal(taken.status, 409);
}

test('a crash at any moment of an upload leaves all of it or nothing', async () => {
  await using folder = await emptyFolder();
  const active = new Map<string, Buffer>();
  const outcomes = new Set<string>();
  let interrupted: Interrupted | undefined;

  for (let round = 0; round <= rounds; round += 1) {
    await using service = await runService({ folder: folder.path });
    if (interrupted) {
      outcomes.add(await checkUpload(service, interrupted));
      active.set(interrupted.id, interrupted.data);
    }
    assert.deepEqual(await dataFiles(folder.path), [...active.keys()].toSorted());
    if (round === rounds) break;
    const data = seededBytes(`kept ${round}`, size);
    const [id, duration] = await timedImage(service, data);
    active.set(id, data);
    interrupted = await crashInUpload(service, { round, duration });
  }

  await using last = await runService({ folder: folder.path });
  for (const [id, data] of active) await checkWhole(last, id, data);

  assert.deepEqual([...outcomes].toSorted(), ['gone', 'whole']);
});

test('a crash at any moment of a delete leaves the image or nothing', async () => {
  await using folder = await emptyFolder();
  let interrupted: Interrupted | undefined;
  const deleted: string[] = [];

  for (let round = 0; round < 3; round += 1) {
    await using service = await runService({ folder: folder.path });
    if (interrupted) await checkDelete(service, interrupted);
    if (interrupted) deleted.push(interrupted.id);
    // Data goes a little after the answer.
    await until('no data is left', async () => (await dataFiles(folder.path)).length === 0);
    for (const id of deleted) {
      const reply = await callService(service, { path: `/v2/images/${id}` });
      assert.equal(reply.status, 404);
    }

    const data = seededBytes(`deleted ${round}`, size);
    const id = await imageWith(service, data);
    const removal = await beginCall(service, { method: 'DELETE', path: `/v2/images/${id}` });
    const acknowledged = acknowledgement(removal);
    removal.end();
    if (round % 2 === 1) await acknowledged;
    else await letPass(service, round / 2);
    await service.crash();
    interrupted = { id, data, isAcknowledged: await acknowledged };
  }
});

test('an image deleted during its upload leaves no data, whenever the crash comes', async () => {
  await using folder = await emptyFolder();
  const data = seededBytes('deleted', size);

  for (let round = 0; round < 3; round += 1) {
    await using service = await runService({ folder: folder.path });
    assert.deepEqual(await dataFiles(folder.path), []);
    const [other, duration] = await timedImage(service, data);
    await deleteImage(service, other);
    const id = await createImage(service);
    const upload = await beginUpload(service, id);
    const answered = replyTo(upload).then(
      ({ status }) => status,
      () => undefined,
    );
    await writeAll(upload, data);
    await untilSaving(service, id);
    await deleteImage(service, id);
    upload.end();
    await letPass(service, Math.floor((duration * (round + 1)) / 3));
    await service.crash();
    assert([410, undefined].includes(await answered));
  }

  await using last = await runService({ folder: folder.path });
  assert.deepEqual(await dataFiles(last.folder), []);
});

import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { test } from 'node:test';
import { setTimeout as after } from 'node:timers/promises';
import { callService, createImage } from '../support/image-calls.ts';
import { type RunningService, runService } from '../support/running-service.ts';
import { emptyFolder } from '../support/service-process.ts';
import { webhookReceiver } from '../support/webhook-receiver.ts';

const kills = Number(process.env['VITRINE_WEBHOOK_KILLS'] ?? 5);

const environment = {
  VITRINE_WEB_ALLOWED_HOSTS: '127.0.0.1',
  VITRINE_WEB_ALLOWED_PORTS: '[]',
};

/** Shares images until the service is gone; the ids of those whose share was acknowledged. */
async function shareOn(service: RunningService, consumer: string, shared: string[]): Promise<void> {
  while (true) {
    const id = await createImage(service).catch(() => undefined);
    if (id === undefined) return;
    const path = `/vitrine/v1/shares/${id}/${consumer}`;
    const reply = await callService(service, { method: 'PUT', path, body: '{}' }).catch(() => ({
      status: 0,
    }));
    if (reply.status !== 200) return;
    shared.push(id);
  }
}

test(`a webhook is told of every acknowledged share over ${kills} kills, in order`, async (t) => {
  await using folder = await emptyFolder();
  await using receiver = await webhookReceiver();
  // Now and then it is not well itself.
  receiver.answer = () => (randomInt(20) === 0 ? 503 : 204);
  const shared: string[] = [];
  const told = () => new Set(receiver.messages.map(({ event }) => event.subject as string));
  let consumer = '';
  {
    await using service = await runService({ folder: folder.path, environment });
    const asked = { path: '/identity/v3/auth/projects', user: 'consumer' };
    const { projects } = JSON.parse((await callService(service, asked)).body.toString());
    consumer = projects[0].id;
    const body = JSON.stringify({ url: receiver.url, types: ['vitrine.share.offered'] });
    const path = '/vitrine/v1/webhooks';
    const made = await callService(service, { method: 'POST', path, user: 'consumer', body });
    assert.equal(made.status, 201);
  }
  for (let kill = 0; kill < kills; kill += 1) {
    await using service = await runService({ folder: folder.path, environment });
    const before = receiver.messages.length;
    const sharing = Promise.all([
      shareOn(service, consumer, shared),
      shareOn(service, consumer, shared),
    ]);
    while (receiver.messages.length < before + 3) await after(5);
    await after(randomInt(100));
    await service.crash();
    await sharing;
  }

  await using service = await runService({ folder: folder.path, environment });
  // So close to each other kills leave much to tell: it may take long, but something must come all the time.
  const left = receiver.messages.length;
  let [count, since] = [left, Date.now()];
  while (Date.now() - since < 60_000 && !new Set(shared).isSubsetOf(told())) {
    await after(100);
    if (receiver.messages.length > count) [count, since] = [receiver.messages.length, Date.now()];
  }
  await service.stop();

  assert.deepEqual([...new Set(shared).difference(told())], []);
  // What is sent again is so before what follows it: without repetitions the order is that of the events.
  const numbers = new Map([...told()].map((id, index) => [id, index]));
  let furthest = -1;
  for (const { event } of receiver.messages) {
    const number = numbers.get(event.subject) ?? -1;
    assert.ok(number >= furthest, 'an event came again after one that follows it');
    furthest = Math.max(furthest, number);
  }
  const late = receiver.messages.length - left;
  t.diagnostic(
    `${shared.length} shares, ${receiver.messages.length} messages, ${late} of them behind the last kill`,
  );
});

import { setTimeout as after } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { callService, createImage } from '../test/support/image-calls.ts';
import { runService } from '../test/support/running-service.ts';
import { webhookReceiver } from '../test/support/webhook-receiver.ts';

/*
 * How soon an offer reaches a webhook: from the answer to the call that made the share to the whole message, while
 * images are shared at a steady pace: `npm run bench:webhooks -- --offers 500 --pace 20`.
 */

const { values } = parseArgs({
  options: {
    offers: { type: 'string', default: '500' },
    /** Offers a second. */
    pace: { type: 'string', default: '20' },
  },
});
const offers = Number(values.offers);
/** What is promised of 99 of 100 offers, ms. */
const limit = 1000;
const pause = 1000 / Number(values.pace);

await using receiver = await webhookReceiver();
await using service = await runService({
  environment: {
    VITRINE_WEB_ALLOWED_HOSTS: '127.0.0.1',
    VITRINE_WEB_ALLOWED_PORTS: '[]',
    VITRINE_LOG_LEVEL: 'error',
  },
});
const projects = await callService(service, {
  path: '/identity/v3/auth/projects',
  user: 'consumer',
});
const [{ id: consumer }] = JSON.parse(projects.body.toString()).projects;
const body = JSON.stringify({ url: receiver.url, types: ['vitrine.share.offered'] });
await callService(service, {
  method: 'POST',
  path: '/vitrine/v1/webhooks',
  user: 'consumer',
  body,
});
const ids = [];
for (let count = 0; count < offers; count += 1) ids.push(await createImage(service));

const answered = new Map<string, number>();
const sharing: Promise<unknown>[] = [];
for (const id of ids) {
  const path = `/vitrine/v1/shares/${id}/${consumer}`;
  const share = callService(service, { method: 'PUT', path, body: '{}' });
  sharing.push(share.then(() => answered.set(id, Date.now())));
  await after(pause);
}
await Promise.all(sharing);
const messages = await receiver.count(offers);
const took = messages
  .map(({ event, at }) => at - (answered.get(event.subject) ?? 0))
  .toSorted((a, b) => a - b);
const at = (share: number) => took[Math.min(took.length - 1, Math.floor(took.length * share))];
console.log(`${offers} offers at ${values.pace} a second, ms until the webhook has been told:`);
console.log(`p50 ${at(0.5)}, p90 ${at(0.9)}, p99 ${at(0.99)}, max ${at(1)}`);
const isWithin = (at(0.99) ?? Number.NaN) <= limit;
console.log(`${isWithin ? 'ok' : 'BEYOND'}: p99 ${at(0.99)} ms, limit ${limit}`);
if (!isWithin) process.exitCode = 1;

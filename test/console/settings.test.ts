import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { webhookReceiver } from '../support/webhook-receiver.ts';
import { goTo, openDesk, openWeb, rowOf } from './browser.ts';
import { callerOf, makeImage } from './furniture.ts';

const receiver = await webhookReceiver();
after(() => receiver[Symbol.asyncDispose]());
const desk = await openDesk({
  environment: openWeb,
});
after(() => desk[Symbol.asyncDispose]());
const consumer = await desk.signIn('consumer');
const producer = callerOf(desk.service, await desk.service.token('producer'));
const call = callerOf(desk.service, await desk.service.token('consumer'));

async function offer(name: string): Promise<void> {
  const id = await makeImage(producer, name, 1);
  await producer('PUT', `/vitrine/v1/shares/${id}/consumer`, {});
}

test('a program is told at a URL, which is tried, and what it does not take is sent again', async () => {
  await goTo(consumer, 'Settings');
  await consumer.getByRole('button', { name: 'New webhook' }).click();
  const dialog = consumer.getByRole('dialog');
  await dialog.getByLabel('URL').fill(receiver.url);
  await dialog.getByLabel('Downloads').uncheck();
  await dialog.getByRole('button', { name: 'Make the webhook' }).click();
  const secret = await dialog.getByLabel('Secret').inputValue();
  await dialog.getByRole('button', { name: 'Copy' }).click();
  assert.equal(await consumer.evaluate(() => getSelection()?.toString()), secret);
  await dialog.getByRole('button', { name: 'I have it' }).click();
  await consumer.getByText('Offers and answers, Ends of shares, Requests, Families').waitFor();
  await consumer.getByRole('button', { name: `Send a test message to ${receiver.url}` }).click();
  await consumer.getByText('It took the message (204).').waitFor();
  assert.match(secret ?? '', /^whsec_/);
  const tried = receiver.messages.length;

  // What is refused five times, for some twenty seconds, is given up.
  receiver.answer = () => 400;
  await offer('not-taken');
  for (const count of [3, 4, 5]) await receiver.count(tried + count);
  const button = consumer.getByRole('button', { name: `Not taken by ${receiver.url}` });
  const row = dialog.getByRole('row', { name: /^vitrine.share.offered/ });
  for (let looks = 0; looks < 50; looks += 1) {
    await button.click();
    await dialog
      .getByText(/Nothing: all|vitrine.share.offered/)
      .first()
      .waitFor();
    if ((await row.count()) > 0) break;
    await dialog.getByRole('button', { name: 'Close', exact: true }).last().click();
  }
  receiver.answer = () => 204;
  const before = receiver.messages.length;
  await dialog.getByRole('button', { name: 'Send all again' }).click();
  await consumer.getByText('1 event will be sent again.').waitFor();
  await receiver.count(before + 1);
  await consumer.keyboard.press('Escape');
  assert.equal(receiver.messages.at(-1)?.event.type, 'vitrine.share.offered');

  await consumer.getByRole('button', { name: `Remove the webhook ${receiver.url}` }).click();
  await dialog.getByRole('button', { name: 'Remove', exact: true }).click();
  await consumer.getByText('None yet.').waitFor();
});

test('what a rule fits is accepted at once, until the rule is removed', async () => {
  await goTo(consumer, 'Settings');
  await consumer.getByRole('button', { name: 'New rule' }).click();
  const dialog = consumer.getByRole('dialog');
  await dialog.getByLabel(/^Producer/).fill('producer');
  await dialog.getByLabel(/^Only images called so/).fill('golden-*');
  await dialog.getByRole('button', { name: 'Make the rule' }).click();
  await consumer.getByText('images called golden-*').waitFor();
  await consumer.getByText('not used yet').waitFor();

  await offer('golden-1');
  await offer('other-1');
  await goTo(consumer, 'Inbox');
  await rowOf(consumer, 'other-1').waitFor();
  assert.equal(await rowOf(consumer, 'golden-1').count(), 0);
  await goTo(consumer, 'Settings');
  await consumer.getByText('used for 1 offer').waitFor();

  await consumer.getByRole('button', { name: 'Remove the rule for producer' }).click();
  await consumer.getByText('Nothing: every offer waits').waitFor();
  await consumer.getByRole('button', { name: 'Undo' }).click();
  await consumer.getByText('images called golden-*').waitFor();
});

test('a producer is muted by its name, and heard again', async () => {
  await goTo(consumer, 'Settings');
  await consumer.getByPlaceholder('Producer, by exact name or id').fill('producer');
  await consumer.getByRole('button', { name: 'Mute', exact: true }).click();
  await consumer.getByRole('button', { name: 'Hear again: producer' }).waitFor();
  const inbox = (await call('GET', '/vitrine/v1/inbox')) as { offers: unknown[] };
  assert.deepEqual(inbox.offers, []);
  await consumer.getByRole('button', { name: 'Hear again: producer' }).click();
  await consumer.getByText('Nobody. Offers of a project').waitFor();
  const { mutes } = (await call('GET', '/vitrine/v1/mutes')) as { mutes: unknown[] };

  assert.deepEqual(mutes, []);
});

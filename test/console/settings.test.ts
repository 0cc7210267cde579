import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { codeIn, mailEnvironment, mailServer } from '../support/mail-server.ts';
import { noteSecret } from '../support/secrets.ts';
import { type ReceivedMessage, webhookReceiver } from '../support/webhook-receiver.ts';
import { goTo, openDesk, openWeb, rowOf } from './browser.ts';
import { callerOf, makeImage } from './furniture.ts';

const receiver = await webhookReceiver();
after(() => receiver[Symbol.asyncDispose]());
const mail = await mailServer();
after(() => mail[Symbol.asyncDispose]());
const desk = await openDesk({ environment: { ...openWeb, ...(await mailEnvironment(mail)) } });
after(() => desk[Symbol.asyncDispose]());
const consumer = await desk.signIn('consumer');
const producer = callerOf(desk.service, await desk.service.token('producer'));
const call = callerOf(desk.service, await desk.service.token('consumer'));

/** Resolves once the button of that text has the focus. */
async function focusOn(page: Page, text: string): Promise<void> {
  await page.waitForFunction((wanted) => document.activeElement?.textContent === wanted, text);
}

async function offer(name: string, to = 'consumer'): Promise<void> {
  const id = await makeImage(producer, name, 1);
  await producer('PUT', `/vitrine/v1/shares/${id}/${to}`, {});
}

/** Resolves once it is noted that what is next was refused so many times. */
async function refusedBefore(refusals: number): Promise<void> {
  for (;;) {
    const { webhooks } = (await call('GET', '/vitrine/v1/webhooks')) as {
      readonly webhooks: readonly { readonly attempts: number }[];
    };
    if ((webhooks[0]?.attempts ?? 0) >= refusals) return;
    await setTimeout(20);
  }
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
  const test = consumer.getByRole('button', { name: `Send a test message to ${receiver.url}` });
  await test.click();
  await consumer.getByText('It took the message (204).').waitFor();
  assert.match(secret ?? '', /^whsec_/);

  // What is refused five times is given up, for some twenty seconds; being well when it is tested ends a pause.
  const isOffer = ({ event }: ReceivedMessage) => event.type === 'vitrine.share.offered';
  receiver.answer = (message) => (isOffer(message) ? 400 : 204);
  await offer('not-taken');
  for (const refusals of [1, 2, 3, 4]) {
    await refusedBefore(refusals);
    await test.click();
    // Whatever happens to anybody has the service look for what is due.
    await offer(`elsewhere-${refusals}`, 'admin');
  }
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
  assert.equal(receiver.messages.filter(isOffer).length, 5);
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
  await focusOn(consumer, 'New webhook');
});

test('people are told at a mail address that is theirs, as often as they want', async () => {
  const address = 'team@example.org';
  await goTo(consumer, 'Settings');
  await consumer.getByText('Nobody yet. People at a mail address').waitFor();
  const add = consumer.getByRole('button', { name: 'New mail address' });
  await add.focus();
  await consumer.keyboard.press('Enter');
  const dialog = consumer.getByRole('dialog');
  await dialog.getByLabel('Mail address').fill(address);
  await dialog.getByLabel('Withdrawals and ends of shares').uncheck();
  await consumer.keyboard.press('Enter');
  await dialog.getByText('A message with a code of eight digits goes to').waitFor();
  const code = codeIn(await mail.mail(0));
  noteSecret(code);

  await dialog.getByLabel('Code').fill(code === '00000000' ? '11111111' : '00000000');
  await consumer.keyboard.press('Enter');
  await dialog.getByText('Look at the newest message, or have another code sent.').waitFor();
  await dialog.getByRole('button', { name: 'Send another code' }).click();
  await dialog.getByText('Another code is on its way. Those before it are void.').waitFor();
  const second = codeIn(await mail.mail(1));
  noteSecret(second);
  await consumer.keyboard.press('Escape');
  await consumer.getByText('to be verified').waitFor();
  await focusOn(consumer, 'New mail address');

  await consumer.getByRole('button', { name: `Enter the code sent to ${address}` }).click();
  await dialog.getByLabel('Code').fill(`${second.slice(0, 4)} ${second.slice(4)}`);
  await dialog.getByRole('button', { name: 'Verify' }).click();
  await consumer.getByText(`${address} is verified, and told from now on.`).waitFor();
  await consumer.getByText('At once: Offers, Answers, Requests, Shares that end soon').waitFor();
  await offer('told-by-mail');
  assert.match((await mail.mail(2)).subject, /"told-by-mail"/);

  await consumer.getByRole('button', { name: `Change what ${address} is told` }).click();
  await dialog.getByLabel('How often').selectOption('Each hour');
  await dialog.getByLabel('Withdrawals and ends of shares').check();
  await dialog.getByRole('button', { name: 'Change it' }).click();
  await consumer.getByText('Each hour: Everything').waitFor();
  const kept = (await call('GET', '/vitrine/v1/mail')) as { readonly addresses: unknown[] };
  assert.partialDeepStrictEqual(kept.addresses, [{ address, mode: 'hourly', events: null }]);

  await consumer.getByRole('button', { name: `Remove the mail address ${address}` }).click();
  await dialog.getByRole('button', { name: 'Remove', exact: true }).click();
  await consumer.getByText('Nobody yet. People at a mail address').waitFor();
  await focusOn(consumer, 'New mail address');
  assert.equal(mail.mails.length, 3);
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

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { after, test } from 'node:test';
import type { Page } from 'playwright-core';
import { emptyFolder } from '../support/service-process.ts';
import { badgeOf, goTo, openDesk, rowOf } from './browser.ts';
import { makeIso } from './disk.ts';

const size = 12 * 1024 * 1024;

const desk = await openDesk();
const folder = await emptyFolder();
after(async () => {
  await desk[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});
const producer = await desk.signIn('producer');
const consumer = await desk.signIn('consumer');

/** By which the producer's browser is told how fast it may send: by several of these it goes by the first. */
const network = await producer.context().newCDPSession(producer);

/**
 * Limits what the producer sends, bytes a second. So little that the upload lasts longer than any check waits:
 * what is to be seen on its way is there for as long as somebody needs to look.
 */
async function slowDown(speed: number): Promise<void> {
  await network.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: 0,
    downloadThroughput: -1,
    uploadThroughput: speed,
  });
}

const speedUp = () => slowDown(-1);

async function upload(page: Page, path: string): Promise<void> {
  await goTo(page, 'Images');
  await page.getByRole('button', { name: 'Upload', exact: true }).click();
  await page.locator('dialog input[type=file]').setInputFiles(path);
  await page.getByRole('dialog').getByRole('button', { name: 'Upload', exact: true }).click();
}

async function shareWith(page: Page, projects: string): Promise<void> {
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel(/^Projects/).fill(projects);
  await dialog.getByRole('button', { name: /^Share/ }).click();
}

test('a file is uploaded with its progress, shared by name, accepted, and downloaded byte for byte', async () => {
  const path = await makeIso(folder.path, 'golden', size);
  await slowDown(200_000);

  await upload(producer, path);

  const item = producer.getByRole('region', { name: 'Uploads' }).getByRole('listitem');
  await item.getByText(/of 12\.\d MiB · [\d.]+ .iB\/s · \d+ s left/).waitFor();
  await speedUp();
  await item.getByText(/^Done/).waitFor();
  const row = rowOf(producer, 'golden');
  assert.match((await row.textContent()) ?? '', /active.*iso.*12\.\d MiB/);

  assert.equal(await badgeOf(consumer), '');
  await item.getByRole('button', { name: 'Share' }).click();
  await producer.getByLabel('A note for them, if you like').fill('Made this morning');
  await producer.getByLabel('How long').selectOption('For 30 days');
  await shareWith(producer, 'consumer, nobody at all');
  const dialog = producer.getByRole('dialog');
  await dialog.getByText('Shared with consumer.').waitFor();
  await dialog.getByText('No project is called nobody at all.').waitFor();
  const shared = performance.now();
  await dialog.getByRole('button', { name: 'Take it back' }).click();
  await dialog.getByText('Taken back from nobody at all.').waitFor();
  await dialog.getByRole('button', { name: 'Close' }).last().click();

  // Nobody touches the consumer's page.
  await consumer.locator('nav .badge').getByText('1').waitFor();
  console.log(`The badge was there after ${Math.round(performance.now() - shared)} ms.`);
  assert.equal(await rowOf(consumer, 'golden').count(), 0);
  await goTo(consumer, 'Inbox');
  const offer = rowOf(consumer, 'golden');
  assert.match((await offer.textContent()) ?? '', /ends .* · Made this morning.*producer/);
  await offer.getByRole('button', { name: 'Accept golden' }).click();
  await consumer.getByRole('status').getByText('Accepted: golden.').waitFor();
  await consumer.locator('nav .badge').waitFor({ state: 'detached' });

  await goTo(consumer, 'Images');
  await rowOf(consumer, 'golden').getByRole('link').click();
  const [download] = await Promise.all([
    consumer.waitForEvent('download'),
    consumer.getByRole('button', { name: 'Download' }).click(),
  ]);
  assert.equal(download.suggestedFilename(), 'golden.iso');
  assert.deepEqual(await readFile(await download.path()), await readFile(path));

  await goTo(producer, 'Images');
  await rowOf(producer, 'golden').getByRole('link').click();
  const member = producer.getByRole('row').filter({ hasText: 'consumer' });
  assert.match((await member.textContent()) ?? '', /Made this morning.*accepted/);
});

test('an answer is taken back by undo, and changed at any time', async () => {
  await goTo(consumer, 'Inbox');
  const tab = (name: string) =>
    consumer.getByRole('navigation', { name: 'Offers' }).getByRole('link', { name }).click();
  await tab('Accepted');

  await rowOf(consumer, 'golden').getByRole('button', { name: 'Reject golden' }).click();
  await consumer.getByRole('status').getByText('Rejected: golden.').waitFor();
  await rowOf(consumer, 'golden').waitFor({ state: 'detached' });
  await consumer.getByRole('button', { name: 'Undo' }).click();
  await rowOf(consumer, 'golden').waitFor();

  await rowOf(consumer, 'golden').getByRole('button', { name: 'Reject golden' }).click();
  await tab('Rejected');
  await rowOf(consumer, 'golden').waitFor();
  await goTo(consumer, 'Images');
  await consumer.getByText('No images yet').waitFor();
});

test('several images are shared with a project at once, and one is set aside for later', async () => {
  for (const name of ['alpha', 'beta']) {
    await upload(producer, await makeIso(folder.path, name, 100_000));
  }
  await rowOf(producer, 'beta').getByText('active').waitFor();
  await rowOf(producer, 'alpha').getByText('active').waitFor();
  for (const name of ['alpha', 'beta']) {
    await rowOf(producer, name).getByLabel(`Choose ${name}`).check();
  }
  await producer.getByRole('region', { name: 'Chosen images' }).getByText('Share').click();
  await shareWith(producer, 'consumer');
  await producer.getByText('alpha: Shared with consumer.').waitFor();
  await producer.getByText('beta: Shared with consumer.').waitFor();
  await producer.keyboard.press('Escape');

  await consumer.locator('nav .badge').getByText('2').waitFor();
  await goTo(consumer, 'Inbox');
  await rowOf(consumer, 'alpha').getByRole('button', { name: 'Later alpha' }).click();
  await consumer.locator('nav .badge').getByText('1').waitFor();
});

test('what is withdrawn is gone from the inbox by itself', async () => {
  await rowOf(consumer, 'beta').waitFor();
  await rowOf(producer, 'beta').getByRole('link').click();

  await producer.getByRole('button', { name: 'Withdraw it from consumer' }).click();
  const dialog = producer.getByRole('dialog', { name: 'Withdraw it from consumer?' });
  assert.match((await dialog.textContent()) ?? '', /Answerpending.*Downloadsnone/);
  await dialog.getByRole('button', { name: 'Keep' }).click();
  await rowOf(consumer, 'beta').waitFor();
  await producer.getByRole('button', { name: 'Withdraw it from consumer' }).click();
  await dialog.getByRole('button', { name: 'Withdraw' }).click();

  await rowOf(consumer, 'beta').waitFor({ state: 'detached' });
  await consumer.getByText('Nothing waits for you').waitFor();
});

test('whoever takes an image away is shown first who has it, and can give notice of it', async () => {
  await goTo(producer, 'Images');
  await rowOf(producer, 'golden').getByRole('link').click();
  await producer.getByRole('button', { name: 'Delete' }).click();
  const dialog = producer.getByRole('dialog');
  const hit = dialog.getByRole('row').filter({ hasText: 'consumer' });
  await hit.waitFor();
  assert.match((await hit.textContent()) ?? '', /^consumerrejected20\d\d-/);
  await dialog.getByRole('button', { name: 'Keep' }).click();

  await producer.getByRole('button', { name: 'Withdraw it from consumer' }).click();
  assert.match((await dialog.textContent()) ?? '', /1 download, 12\.\d MiB, the last one 20/);
  await dialog.getByLabel('When').selectOption('In 14 days');
  await dialog.getByLabel('Why, for them to read').fill('use golden-14');
  await dialog.getByRole('button', { name: 'Withdraw' }).click();

  await producer.getByText('withdrawn at its end: use golden-14').waitFor();
  await goTo(producer, 'Images');
  await rowOf(producer, 'beta').getByRole('link').click();
});

test('properties and tags are given and taken, and a tag leads to its images', async () => {
  const properties = producer.locator('section').filter({ hasText: 'Properties' });
  await properties.getByLabel('Name of a property').fill('os/distro~1');
  await properties.getByLabel('Value of the property').fill('debian');
  await properties.getByRole('button', { name: 'Set' }).click();
  await properties.getByRole('row', { name: /os\/distro~1 debian/ }).waitFor();
  await properties.getByRole('button', { name: 'Remove the property os/distro~1' }).click();
  await properties.getByText('None.').waitFor();

  await producer.getByLabel('A tag').fill('released');
  await producer.getByRole('button', { name: 'Add' }).click();
  await producer.getByRole('link', { name: 'released' }).click();
  await rowOf(producer, 'beta').waitFor();
  assert.equal(await rowOf(producer, 'golden').count(), 0);
  assert.match(producer.url(), /\/console\/images\?tag=released$/);
});

test('an image is deleted once somebody says so twice', async () => {
  await rowOf(producer, 'beta').getByRole('link').click();
  await producer.getByRole('button', { name: 'Delete' }).click();
  await producer.getByRole('button', { name: 'Keep' }).click();
  await producer.getByRole('button', { name: 'Delete' }).click();
  await producer.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();

  await producer.getByRole('status').getByText('Deleted beta.').waitFor();
  await rowOf(producer, 'golden').waitFor();
  assert.equal(await rowOf(producer, 'beta').count(), 0);
});

test('a file that is dropped on the page is uploaded', async () => {
  await goTo(producer, 'Images');
  const dropped = await producer.evaluateHandle(() => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([new Uint8Array(5000)], 'dropped.qcow2'));
    return transfer;
  });
  await producer.dispatchEvent('.list-page', 'drop', { dataTransfer: dropped });
  const dialog = producer.getByRole('dialog');
  assert.equal(await dialog.getByLabel('Name').inputValue(), 'dropped');
  assert.equal(await dialog.getByLabel('Format').inputValue(), 'qcow2');
  await dialog.getByLabel('Format').selectOption('raw');
  await dialog.getByRole('button', { name: 'Upload', exact: true }).click();

  await rowOf(producer, 'dropped').getByText('active').waitFor();
});

test('an upload is paused, and goes on by itself when the network was cut', async () => {
  const path = await makeIso(folder.path, 'travelled', 6_000_000);
  await slowDown(80_000);
  await upload(producer, path);
  const item = producer.getByRole('listitem').filter({ hasText: 'travelled' });
  await item.getByText(/ left$/).waitFor();

  await item.getByRole('button', { name: 'Pause the upload of travelled' }).click();
  await item.getByText(/^Paused at [1-9]/).waitFor();
  await item.getByRole('button', { name: 'Go on' }).click();
  await item.getByText(/ left$/).waitFor();
  desk.line.set({ kind: 'closed' });
  await item.getByText(/^The service cannot be reached\. Goes on by itself/).waitFor();
  desk.line.set({ kind: 'open' });
  await speedUp();
  await item.getByText(/^Done/).waitFor();

  const headers = { 'x-auth-token': await desk.service.token('producer') };
  const answer = await fetch(`${desk.service.url}/v2/images?name=travelled`, { headers });
  const [image] = ((await answer.json()) as { images: Record<string, unknown>[] }).images;
  assert.equal(image?.['status'], 'active');
  const hash = createHash('sha512')
    .update(await readFile(path))
    .digest('hex');
  assert.equal(image?.['os_hash_value'], hash);
  await item.getByRole('button', { name: 'Dismiss the upload of travelled' }).click();
});

test('an upload that is cancelled leaves no image', async () => {
  await slowDown(80_000);
  await upload(producer, await makeIso(folder.path, 'unwanted', 5_000_000));
  await producer.getByText(/ left$/).waitFor();

  await producer.getByRole('button', { name: 'Cancel the upload of unwanted' }).click();
  await speedUp();

  await producer.getByRole('button', { name: 'Cancel the upload of unwanted' }).waitFor({
    state: 'detached',
  });
  await assertGone(producer, 'unwanted');
});

async function assertGone(page: Page, name: string): Promise<void> {
  for (let tries = 0; tries < 20; tries += 1) {
    await goTo(page, 'Inbox');
    await goTo(page, 'Images');
    await rowOf(page, 'golden').waitFor();
    if ((await rowOf(page, name).count()) === 0) return;
    await page.waitForTimeout(500);
  }
  assert.fail(`${name} is still there.`);
}

test('the token is nowhere but in memory: loading the page again asks to sign in, at the same place', async () => {
  await goTo(producer, 'Inbox');
  const kept = await producer.evaluate(() => [
    Object.keys(localStorage).join(),
    Object.keys(sessionStorage).join(),
    document.cookie,
  ]);
  assert.deepEqual(kept, ['', '', '']);

  await producer.reload();

  await producer.getByRole('button', { name: 'Sign in' }).waitFor();
  assert.match(producer.url(), /\/console\/inbox$/);
});

test('signing out ends the token', async () => {
  const [request] = await Promise.all([
    consumer.waitForRequest((one) => one.method() === 'DELETE'),
    consumer.getByRole('button', { name: 'Sign out' }).click(),
  ]);
  await consumer.getByRole('button', { name: 'Sign in' }).waitFor();

  const token = (await request.allHeaders())['x-auth-token'] ?? '';
  const answer = await fetch(`${desk.service.url}/v2/images`, {
    headers: { 'x-auth-token': token },
  });
  assert.equal(answer.status, 401);
});

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { Page } from 'playwright-core';
import { goTo, openDesk, rowOf, rowWith } from './browser.ts';
import { callerOf, makeImage } from './furniture.ts';

const desk = await openDesk();
after(() => desk[Symbol.asyncDispose]());
const producer = await desk.signIn('producer');
const consumer = await desk.signIn('consumer');
const call = callerOf(desk.service, await desk.service.token('producer'));
await makeImage(call, 'golden-1', 1);
await makeImage(call, 'golden-2', 1);

/** Chooses the image of that name in the dialog that is open. */
async function chooseImage(page: Page, name: string): Promise<void> {
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Part of its name, or its id').fill(name);
  const option = dialog.getByRole('option', { name: new RegExp(`^${name},`) });
  await option.waitFor({ state: 'attached' });
  await dialog.getByRole('combobox').selectOption((await option.getAttribute('value')) ?? '');
}

/** What the page says is current. */
const current = (page: Page, name: string) =>
  page
    .locator('section')
    .filter({ has: page.getByRole('heading', { name: 'Current' }) })
    .getByRole('link', { name, exact: true });

test('a family is made of an image, shared, and a new version follows to its members by itself', async () => {
  await goTo(producer, 'Families');
  await producer.getByRole('button', { name: 'Make a family' }).click();
  await producer.getByLabel(/^Name: letters/).fill('golden');
  await chooseImage(producer, 'golden-1');
  await producer.getByRole('button', { name: 'Make it', exact: true }).click();
  await current(producer, 'golden-1').waitFor();
  assert(await producer.getByRole('button', { name: 'Roll back' }).isDisabled());

  await goTo(consumer, 'Families');
  await consumer.getByRole('link', { name: 'Shared with us' }).click();
  await consumer.getByText('No family is shared with your project').waitFor();
  await producer.getByLabel('Project, by exact name or id').fill('consumer');
  await producer.getByLabel('A note beside each offer').fill('our base');
  await producer.getByRole('button', { name: 'Share', exact: true }).click();
  await producer.getByRole('button', { name: 'Remove consumer from the members' }).waitFor();

  // Nobody touches the consumer's page.
  await rowOf(consumer, 'golden').getByRole('link').click();
  await current(consumer, 'golden-1').waitFor();
  await producer.getByRole('button', { name: 'New version' }).click();
  await chooseImage(producer, 'golden-2');
  await producer.getByRole('button', { name: 'Make it current' }).click();
  await current(producer, 'golden-2').waitFor();
  await current(consumer, 'golden-2').waitFor();
  await consumer.locator('nav .badge').getByText('2').waitFor();
});

test('a family is rolled back once somebody says so, to what the page has named before', async () => {
  await producer.getByRole('button', { name: 'Roll back' }).click();
  const dialog = producer.getByRole('dialog', { name: 'Roll golden back?' });
  await dialog.getByText('It is offered to the 1 project').waitFor();
  assert.match((await dialog.textContent()) ?? '', /golden-1 \(version 1\) becomes current again/);
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await current(producer, 'golden-2').waitFor();

  await producer.getByRole('button', { name: 'Roll back' }).click();
  await dialog.getByRole('button', { name: 'Roll back' }).click();

  await current(producer, 'golden-1').waitFor();
  await current(consumer, 'golden-1').waitFor();
  const make = { name: 'Make current: golden-2, version 2' };
  await producer.getByRole('button', make).click();
  await producer.getByRole('dialog').getByRole('button', { name: 'Make it current' }).click();
  await current(producer, 'golden-2').waitFor();
});

test('a version is deprecated, which its members are shown, and not any more', async () => {
  await producer.getByRole('button', { name: 'Deprecate golden-1, version 1' }).click();
  const dialog = producer.getByRole('dialog', { name: 'Deprecate golden-1' });
  await dialog.getByLabel('From when on').selectOption('At once');
  await dialog.getByLabel('What to use instead').selectOption('golden-2');
  await dialog.getByRole('button', { name: 'Deprecate' }).click();

  await rowWith(producer, /golden-1instead: golden-2/)
    .getByText('deprecated')
    .waitFor();
  await rowWith(consumer, 'instead:').getByText('deprecated').waitFor();
  await producer.getByRole('button', { name: 'Undeprecate golden-1, version 1' }).click();
  await rowWith(producer, 'instead:').waitFor({ state: 'detached' });
});

test('a family is shared no more, which can be taken back; its member leaves; it is deleted', async () => {
  const remove = producer.getByRole('button', { name: 'Remove consumer from the members' });
  await remove.click();
  await producer
    .getByRole('status')
    .getByText('New versions no longer follow to consumer')
    .waitFor();
  await remove.waitFor({ state: 'detached' });
  await producer.getByRole('button', { name: 'Undo' }).click();
  await rowWith(producer, 'our base').waitFor();

  await goTo(consumer, 'Families');
  await consumer.getByRole('link', { name: 'Shared with us' }).click();
  await rowOf(consumer, 'golden').getByRole('link').click();
  await consumer.getByRole('button', { name: 'Leave' }).click();
  await consumer.getByRole('dialog').getByRole('button', { name: 'Leave' }).click();
  await consumer.getByRole('heading', { name: 'Families', level: 1 }).waitFor();

  await producer.getByRole('button', { name: 'Delete' }).click();
  await producer.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await producer.getByText('No families yet').waitFor();
  await goTo(producer, 'Images');
  await rowOf(producer, 'golden-1').waitFor();
});

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { badgeOf, goTo, goToAddress, openDesk, rowOf, rowWith } from './browser.ts';
import { callerOf, makeImage } from './furniture.ts';

const desk = await openDesk();
after(() => desk[Symbol.asyncDispose]());
const producer = await desk.signIn('producer');
const consumer = await desk.signIn('consumer');
const call = callerOf(desk.service, await desk.service.token('producer'));
const golden = await makeImage(call, 'golden', 1);
const licensed = await makeImage(call, 'licensed', 1);

const badge = (text: string) =>
  producer
    .getByRole('navigation', { name: 'Pages' })
    .getByRole('link', { name: 'Requests' })
    .locator('.badge')
    .getByText(text);

async function openSide(page: typeof producer, name: string): Promise<void> {
  await goTo(page, 'Requests');
  await page
    .getByRole('navigation', { name: 'Requests' })
    .getByRole('link', { name: new RegExp(`^${name}`) })
    .click();
}

test('who opens an image that is not shared asks for it there, and is told by itself what became of it', async () => {
  assert.equal(await badgeOf(producer), '');
  await goToAddress(consumer, `/console/images/${golden}`);
  await consumer.getByRole('button', { name: 'Ask for it' }).click();
  await consumer.getByLabel('What you want it for').fill('For our runners');
  await consumer.getByRole('dialog').getByRole('button', { name: 'Ask' }).click();
  await consumer.getByRole('status').getByText('Asked.').waitFor();
  const own = rowWith(consumer, 'For our runners');
  await own.getByText('pending').waitFor();

  // Nobody touches the producer's page.
  await badge('1').waitFor();
  await goTo(producer, 'Requests');
  await rowOf(producer, 'golden').getByRole('button', { name: 'Answer consumer' }).click();
  const dialog = producer.getByRole('dialog', { name: 'consumer asks for golden' });
  await dialog.getByText('For our runners').waitFor();
  await dialog.getByLabel('A word to them, if you like').fill('Enjoy');
  await dialog.getByRole('button', { name: 'Approve' }).click();
  await producer.getByText('Nobody waits for your answer').waitFor();
  await badge('1').waitFor({ state: 'detached' });

  // Nor the consumer's.
  await own.getByText('approved').waitFor();
  assert.match((await own.textContent()) ?? '', /^goldenThey say: Enjoy/);
  await goTo(consumer, 'Images');
  await rowOf(consumer, 'golden').waitFor();
});

test('an owner declines with a word, and who asks by an id can take it back', async () => {
  await goTo(consumer, 'Requests');
  await consumer.getByRole('button', { name: 'Ask for an image' }).click();
  const asking = consumer.getByRole('dialog');
  await asking.getByLabel(/^Id of the image/).fill(licensed);
  await asking.getByLabel('What you want it for').fill('To try it');
  await asking.getByRole('button', { name: 'Ask' }).click();
  await rowWith(consumer, 'To try it').getByText('pending').waitFor();
  await rowOf(producer, 'licensed').waitFor();
  await rowWith(consumer, 'To try it')
    .getByRole('button', { name: /^Take back/ })
    .click();
  await rowWith(consumer, 'To try it').getByText('withdrawn').waitFor();

  await goToAddress(consumer, `/console/images/${licensed}`);
  await consumer.getByRole('button', { name: 'Ask for it' }).click();
  await asking.getByLabel('What you want it for').fill('Once more');
  await asking.getByRole('button', { name: 'Ask' }).click();
  await goTo(producer, 'Images');
  await openSide(producer, 'To answer');
  await rowWith(producer, 'Once more').getByRole('button', { name: 'Answer consumer' }).click();
  await producer.getByLabel('A word to them, if you like').fill('Only for our racks');
  await producer.getByRole('dialog').getByRole('button', { name: 'Decline' }).click();

  const declined = rowWith(consumer, 'Once more');
  await declined.getByText('declined').waitFor();
  assert.match((await declined.textContent()) ?? '', /They say: Only for our racks · Once more/);
});

test('an image is listed to be asked for, found by another project, and listed no more', async () => {
  await openSide(producer, 'To be asked for');
  await producer.getByRole('button', { name: 'List an image', exact: true }).click();
  const listing = producer.getByRole('dialog');
  await listing.getByLabel('Part of its name, or its id').fill('LICEN');
  await listing.getByRole('combobox', { name: 'Image' }).selectOption(licensed);
  await listing.getByLabel('What it is, in a line').fill('Ask first');
  await listing.getByRole('button', { name: 'List it' }).click();
  await rowWith(producer, 'Ask first').waitFor();

  await openSide(consumer, 'To be asked for');
  await rowWith(consumer, 'Ask first').getByRole('button', { name: 'Ask for licensed' }).click();
  await consumer.getByRole('dialog', { name: 'Ask for licensed' }).waitFor();
  await consumer.keyboard.press('Escape');

  await producer.getByRole('button', { name: 'Remove licensed from the list' }).click();
  await producer.getByText('Nothing is listed').waitFor();
  await producer.getByRole('button', { name: 'Undo' }).click();
  await rowWith(producer, 'Ask first').waitFor();
});

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { openDatabase } from '../../src/database/database.ts';
import { insertImage } from '../../src/database/images.ts';
import { newImage } from '../../src/domain/image.ts';
import { runService } from '../support/running-service.ts';
import { emptyFolder } from '../support/service-process.ts';
import { openDesk } from './browser.ts';

/** Images in the list; fewer where the whole suite must be short. */
const count = Number(process.env['VITRINE_CONSOLE_IMAGES'] ?? 100_000);

const folder = await emptyFolder();
after(() => folder[Symbol.asyncDispose]());
await fill(folder.path);
const desk = await openDesk({ folder: folder.path });
after(() => desk[Symbol.asyncDispose]());

/** Keeps the images in the database of a service that has just been made and is not running. */
async function fill(path: string): Promise<void> {
  let owner = '';
  {
    await using service = await runService({ folder: path });
    const token = await service.token('producer');
    const answer = await (
      await fetch(`${service.url}/identity/v3/auth/projects`, {
        headers: { 'x-auth-token': token },
      })
    ).json();
    owner = (answer as { projects: [{ id: string }] }).projects[0].id;
  }
  await using database = await openDatabase(join(path, 'vitrine.db'));
  const batch = 5000;
  for (let first = 0; first < count; first += batch) {
    await database.transaction(async (db) => {
      for (let n = first; n < Math.min(count, first + batch); n += 1) {
        // One a second, the last the newest.
        const now = new Date(Date.UTC(2026, 0) + n * 1000);
        const draft = { name: `image-${n}`, diskFormat: 'qcow2', properties: new Map() };
        await insertImage(db, newImage(draft, { id: randomUUID(), owner, now }));
      }
    });
  }
}

test(`${count} images are scrolled from the first to the last and back, without strain`, async () => {
  const page = await desk.signIn('producer');
  const rows = page.getByRole('table', { name: 'Images' });
  await rows.getByRole('link', { name: `image-${count - 1}`, exact: true }).waitFor();
  const began = performance.now();

  let mostRows = 0;
  let longest = 0;
  for (;;) {
    const step = performance.now();
    const state = await rows.evaluate(async (element) => {
      element.scrollTop = element.scrollHeight;
      await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
      return { rows: element.querySelectorAll('[data-row]').length, count: element.ariaRowCount };
    });
    longest = Math.max(longest, performance.now() - step);
    mostRows = Math.max(mostRows, state.rows);
    if (state.count === String(count + 1)) break;
    assert(performance.now() - began < 240_000, 'the end does not come');
  }
  await rows.getByRole('link', { name: 'image-0', exact: true }).waitFor();
  const seconds = ((performance.now() - began) / 1000).toFixed(1);

  const top = performance.now();
  await rows.evaluate((element) => {
    element.scrollTop = 0;
  });
  await rows.getByRole('link', { name: `image-${count - 1}`, exact: true }).waitFor();
  const back = Math.round(performance.now() - top);

  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  const heap = (usedSize / 1024 / 1024).toFixed(1);
  console.log(
    `${count} images in ${seconds} s, ${mostRows} rows in the page at most, ${Math.round(longest)} ms for the slowest step, ${back} ms back to the first, ${heap} MiB of memory.`,
  );
  assert(mostRows < 80, `${mostRows} rows are in the page`);
  assert(usedSize < 60 * 1024 * 1024, `${heap} MiB are used`);
});

test('a part of a name is found anywhere in the list', async () => {
  const page = await desk.signIn('producer');
  const wanted = `image-${Math.floor(count / 7)}`;
  const began = performance.now();

  await page.getByRole('searchbox').fill(wanted.slice(2));
  await page.getByRole('link', { name: wanted, exact: true }).waitFor();

  console.log(`Found after ${Math.round(performance.now() - began)} ms.`);
  await page.getByText(/ in all$/).waitFor();
});

test('who comes back from an image finds the list where it was', async () => {
  const page = await desk.signIn('producer');
  const rows = page.getByRole('table', { name: 'Images' });
  const name = `image-${count - 150}`;
  await rows.getByRole('link').first().waitFor();
  await rows.evaluate((element) => {
    element.scrollTop = 145 * 40;
  });
  await rows.getByRole('link', { name, exact: true }).click();
  await page.getByRole('heading', { name, level: 1 }).waitFor();

  await page.goBack();

  await rows.getByRole('link', { name, exact: true }).waitFor();
  const place = await rows.evaluate((element) => element.scrollTop);
  assert(Math.abs(place - 145 * 40) < 400, `it is at ${place}`);
});

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { after, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { mailEnvironment, mailServer } from '../support/mail-server.ts';
import { passwordOf } from '../support/running-service.ts';
import { type Desk, openDesk, openWeb, signInAs } from './browser.ts';
import { furnish } from './furniture.ts';
import { takePicture, type View, views, withoutMail } from './views.ts';

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

/** What keeps people from using the page who do not see it or use no mouse. */
async function violationsOn(page: Page): Promise<string[]> {
  const found = await page.evaluate(() =>
    (globalThis as unknown as { axe: { run(): Promise<unknown> } }).axe.run(),
  );
  const { violations } = found as { violations: readonly Violation[] };
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html}: ${failureSummary}`),
  );
}

const widths = [390, 1280, 2560] as const;

/** Opens a view at a width, and looks at it in both colours. */
async function lookAt(page: Page, view: View, width: number): Promise<void> {
  await page.setViewportSize({ width, height: width === 2560 ? 1440 : 800 });
  await view.open(page, furniture);
  for (const colorScheme of ['light', 'dark'] as const) {
    // With less motion, so that no colour is caught on its way from one scheme to the other.
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await takePicture(page, `${view.name}-${colorScheme}-${width}`);
    // The widest page is the one before with more room.
    if (width === 2560) continue;
    assert.deepEqual(await violationsOn(page), [], `in ${colorScheme} at ${width}`);
  }
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  assert.equal(overflow, 0, `it is wider than ${width}`);
  await view.close?.(page);
}

const mail = await mailServer();
after(() => mail[Symbol.asyncDispose]());
const desk = await openDesk({ environment: { ...openWeb, ...(await mailEnvironment(mail)) } });
after(() => desk[Symbol.asyncDispose]());
const furniture = await furnish(desk.service, mail);

/** A page that can be looked at, of somebody who has signed in where one is named. */
async function seat(desk: Desk, user: string | undefined): Promise<Page> {
  const page = await desk.visit();
  // Past the policy of the page, which would not let it in.
  await page.addInitScript(axe);
  await page.reload();
  if (user !== undefined) await signInAs(page, user, await passwordOf(desk.service.folder, user));
  return page;
}

for (const user of new Set(views.map((view) => view.user))) {
  describe(`for ${user ?? 'whoever has not signed in'}`, async () => {
    const page = await seat(desk, user);
    for (const view of views.filter((one) => one.user === user)) {
      test(`${view.name} keeps nobody out, in any colours, at any width`, async () => {
        for (const width of widths) await lookAt(page, view, width);
      });
    }
  });
}

test(`${withoutMail.name} keeps nobody out, in any colours, at any width`, async () => {
  await using plain = await openDesk();
  const page = await seat(plain, withoutMail.user);
  for (const width of widths) await lookAt(page, withoutMail, width);
});

test('everything is done by keyboard alone, and the focus is never lost', async () => {
  const page = await desk.visit();
  await page.getByLabel('User').waitFor();
  await page.keyboard.type('producer');
  await page.keyboard.press('Tab');
  await page.keyboard.type(await passwordOf(desk.service.folder, 'producer'));
  await page.keyboard.press('Enter');
  const rows = page.getByRole('table', { name: 'Images' });
  await rows.getByRole('link').first().waitFor();

  await rows.focus();
  await page.keyboard.press('ArrowDown');
  const first = await focused(page);
  await page.keyboard.press('ArrowDown');
  const second = await focused(page);
  await page.keyboard.press('ArrowUp');
  assert.equal(await focused(page), first);
  assert.notEqual(second, first);

  await page.keyboard.press('Enter');
  const share = page.getByRole('button', { name: 'Share' });
  await share.focus();
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor();
  for (let press = 0; press < 12; press += 1) {
    await page.keyboard.press('Tab');
    const isInside = await page.evaluate(
      () => document.activeElement === document.body || !!document.activeElement?.closest('dialog'),
    );
    assert(isInside, 'the focus left the dialog');
  }
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  assert.equal(await focused(page), 'Share');
});

function focused(page: Page): Promise<string> {
  return page.evaluate(() => document.activeElement?.textContent ?? '');
}

test('the chosen colours stay, whatever the system says', async () => {
  const page = await desk.signIn('producer', { colorScheme: 'light' });
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await background();

  await page.getByLabel('Colours').selectOption('Dark');
  const dark = await background();
  await page.reload();
  await page.getByRole('button', { name: 'Sign in' }).waitFor();

  assert.notEqual(dark, light);
  assert.equal(await background(), dark);
});

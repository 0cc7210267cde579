import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import { goTo, goToAddress, rowOf, rowWith } from './browser.ts';
import type { Furniture } from './furniture.ts';

/** Something of the console to look at. */
export interface View {
  readonly name: string;
  /** Who looks at it; undefined for who has not signed in. */
  readonly user?: string;
  open(page: Page, furniture: Furniture): Promise<void>;
  close?(page: Page): Promise<void>;
}

const closeDialog = async (page: Page) => {
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
};

async function openImage(page: Page, name: string): Promise<void> {
  await goTo(page, 'Images');
  await rowOf(page, name).getByRole('link').click();
  await page.getByRole('heading', { name, level: 1 }).waitFor();
  await page.getByRole('row', { name: /os_distro/ }).waitFor();
}

async function openFamily(page: Page): Promise<void> {
  await goTo(page, 'Families');
  await rowOf(page, 'debian').getByRole('link').click();
  await page.getByRole('button', { name: 'Remove consumer from the members' }).waitFor();
}

const debian = 'debian-13-cloud-amd64';

/** The settings of a service whose operator has named no mail server. */
export const withoutMail: View = {
  name: 'no-mail',
  user: 'consumer',
  async open(page) {
    await goTo(page, 'Settings');
    await page.getByText('This service sends no mail.').waitFor();
  },
};

/** Every page and dialog of the console. */
export const views: readonly View[] = [
  {
    name: 'sign-in',
    open: (page) => page.getByLabel('User').waitFor(),
  },
  {
    name: 'images',
    user: 'producer',
    async open(page) {
      await goTo(page, 'Images');
      await rowOf(page, 'rescue').waitFor();
    },
  },
  {
    name: 'no-images',
    user: 'admin',
    async open(page) {
      await goTo(page, 'Images');
      await page.getByPlaceholder('Part of a name, or an id').fill('nothing is called so');
      await page.getByText('No image fits').waitFor();
    },
    async close(page) {
      await page.getByPlaceholder('Part of a name, or an id').fill('');
    },
  },
  {
    name: 'image',
    user: 'producer',
    async open(page) {
      await openImage(page, debian);
      await page.getByRole('button', { name: 'Withdraw it from consumer' }).waitFor();
    },
  },
  {
    name: 'share',
    user: 'producer',
    async open(page) {
      await openImage(page, debian);
      await page.getByRole('button', { name: 'Share' }).click();
      const projects = page.getByRole('dialog').getByLabel(/^Projects/);
      await projects.fill('consumer, admin, team-of-nobody');
      await page.getByRole('button', { name: 'Share with 3 projects' }).click();
      await page.getByText('No project is called team-of-nobody.').waitFor();
    },
    async close(page) {
      await page.getByRole('button', { name: 'Take it back' }).click();
      await page.getByText('Taken back from team-of-nobody.').waitFor();
      await closeDialog(page);
    },
  },
  {
    name: 'upload',
    user: 'producer',
    async open(page) {
      await goTo(page, 'Images');
      await page.getByRole('button', { name: 'Upload', exact: true }).click();
      const file = { name: 'debian-13.qcow2', mimeType: '', buffer: Buffer.alloc(2_000_000) };
      await page.locator('dialog input[type=file]').setInputFiles(file);
      await page.getByRole('dialog').getByLabel('Name').waitFor();
    },
    close: closeDialog,
  },
  {
    name: 'delete',
    user: 'producer',
    async open(page) {
      await openImage(page, debian);
      await page.getByRole('button', { name: 'Delete' }).click();
      await page
        .getByRole('dialog')
        .getByRole('row', { name: /^consumer/ })
        .waitFor();
    },
    close: closeDialog,
  },
  {
    name: 'withdraw',
    user: 'producer',
    async open(page) {
      await openImage(page, debian);
      await page.getByRole('button', { name: 'Withdraw it from consumer' }).click();
      await page.getByRole('dialog').getByLabel('When').selectOption('In 14 days');
    },
    close: closeDialog,
  },
  {
    name: 'inbox',
    user: 'consumer',
    async open(page) {
      await goTo(page, 'Inbox');
      await rowOf(page, debian).waitFor();
    },
  },
  {
    name: 'offered-image',
    user: 'consumer',
    async open(page) {
      await goTo(page, 'Inbox');
      await rowOf(page, debian).getByRole('link').click();
      await page.getByText('waits for an answer').first().waitFor();
    },
  },
  {
    name: 'empty-inbox',
    user: 'producer',
    async open(page) {
      await goTo(page, 'Inbox');
      await page.getByText('Nothing waits for you').waitFor();
    },
  },
  {
    name: 'requests',
    user: 'producer',
    async open(page) {
      await goTo(page, 'Requests');
      await rowOf(page, 'rescue').waitFor();
    },
  },
  {
    name: 'answer-request',
    user: 'producer',
    async open(page) {
      await goTo(page, 'Requests');
      await rowWith(page, 'It says all').getByRole('button', { name: 'Answer' }).click();
      await page.getByRole('dialog').waitFor();
    },
    close: closeDialog,
  },
  {
    name: 'own-requests',
    user: 'consumer',
    async open(page) {
      await goTo(page, 'Requests');
      await page.getByRole('link', { name: 'Asked by us' }).click();
      await rowWith(page, 'It is licensed').waitFor();
    },
  },
  {
    name: 'catalogue',
    user: 'consumer',
    async open(page) {
      await goTo(page, 'Requests');
      await page.getByRole('link', { name: 'To be asked for' }).click();
      await rowWith(page, debian).waitFor();
    },
  },
  {
    name: 'ask',
    user: 'consumer',
    async open(page) {
      await goTo(page, 'Requests');
      await page.getByText('Nobody waits for your answer').waitFor();
      await page.getByRole('button', { name: 'Ask for an image' }).click();
      await page.getByRole('dialog').waitFor();
    },
    close: closeDialog,
  },
  {
    name: 'families',
    user: 'producer',
    async open(page) {
      await goTo(page, 'Families');
      await rowOf(page, 'debian').waitFor();
    },
  },
  {
    name: 'family',
    user: 'producer',
    open: openFamily,
  },
  {
    name: 'new-version',
    user: 'producer',
    async open(page) {
      await openFamily(page);
      await page.getByRole('button', { name: 'New version' }).click();
      await page.getByRole('option', { name: /^router/ }).waitFor({ state: 'attached' });
    },
    close: closeDialog,
  },
  {
    name: 'roll-back',
    user: 'producer',
    async open(page) {
      await openFamily(page);
      await page.getByRole('button', { name: 'Roll back' }).click();
      await page.getByRole('dialog').waitFor();
    },
    close: closeDialog,
  },
  {
    name: 'shared-family',
    user: 'consumer',
    async open(page) {
      await goTo(page, 'Families');
      await page.getByText('No families yet').waitFor();
      await page.getByRole('link', { name: 'Shared with us' }).click();
      await rowOf(page, 'debian').getByRole('link').click();
      await page.getByRole('button', { name: 'Leave' }).waitFor();
    },
  },
  {
    name: 'settings',
    user: 'consumer',
    async open(page) {
      await goTo(page, 'Settings');
      await page.getByRole('button', { name: /^Hear again:/ }).waitFor();
      await page.getByText('refused with status 550').waitFor();
    },
  },
  {
    name: 'new-mail',
    user: 'consumer',
    async open(page) {
      await goTo(page, 'Settings');
      await page.getByRole('button', { name: 'New mail address' }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByLabel('Mail address').fill('images@team.example.org');
      await dialog.getByRole('button', { name: 'Send a code there' }).click();
      await dialog.getByText('That address is there already.').waitFor();
    },
    close: closeDialog,
  },
  {
    name: 'mail-code',
    user: 'consumer',
    async open(page) {
      await goTo(page, 'Settings');
      await page.getByRole('button', { name: 'Enter the code sent to who-is-asked' }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByLabel('Code').fill('no code');
      await dialog.getByRole('button', { name: 'Verify' }).click();
      await dialog.getByText('Look at the newest message').waitFor();
    },
    close: closeDialog,
  },
  {
    name: 'change-mail',
    user: 'consumer',
    async open(page) {
      await goTo(page, 'Settings');
      await page.getByRole('button', { name: 'Change what images@team.example.org' }).click();
      await page.getByRole('dialog').getByLabel('How often').waitFor();
    },
    close: closeDialog,
  },
  {
    name: 'new-webhook',
    user: 'consumer',
    async open(page) {
      await goTo(page, 'Settings');
      await page.getByRole('button', { name: 'New webhook' }).click();
      await page.getByRole('dialog').getByLabel('Downloads').uncheck();
    },
    close: closeDialog,
  },
  {
    name: 'new-rule',
    user: 'consumer',
    async open(page) {
      await goTo(page, 'Settings');
      await page.getByRole('button', { name: 'New rule' }).click();
      await page.getByRole('dialog').waitFor();
    },
    close: closeDialog,
  },
  {
    name: 'not-taken',
    user: 'consumer',
    async open(page) {
      await goTo(page, 'Settings');
      await page
        .getByRole('button', { name: /^Not taken by/ })
        .first()
        .click();
      await page.getByText('Nothing: all that was to be told was taken.').waitFor();
    },
    close: closeDialog,
  },
  {
    name: 'no-settings',
    user: 'producer',
    async open(page) {
      await goTo(page, 'Settings');
      await page.getByText('None yet.').waitFor();
      await page.getByText('Nobody. Offers of a project').waitFor();
      await page.getByText('Nobody yet. People at a mail address').waitFor();
    },
  },
  {
    name: 'no-such-image',
    user: 'producer',
    async open(page) {
      await goToAddress(page, '/console/images/00000000-0000-4000-8000-000000000000');
      await page.getByText('Your project sees no image of this id').waitFor();
    },
  },
  {
    name: 'no-such-page',
    user: 'producer',
    async open(page) {
      await goToAddress(page, '/console/nonsense');
      await page.getByText('There is no such page').waitFor();
    },
  },
];

const pictures = fileURLToPath(new URL('../../docs/pictures/', import.meta.url));

/** Keeps what is seen where `VITRINE_PICTURES` asks for it, with as many colours as it needs. */
export async function takePicture(page: Page, name: string): Promise<void> {
  if (!process.env['VITRINE_PICTURES']) return;
  await mkdir(pictures, { recursive: true });
  const path = join(pictures, `${name}.png`);
  await page.screenshot({ path, animations: 'disabled', caret: 'hide' });
  const options = ['--force', '--skip-if-larger', '--strip', '--ext', '.png', '64'];
  await promisify(execFile)('pngquant', [...options, path]).catch(() => undefined);
}

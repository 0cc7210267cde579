import assert from 'node:assert/strict';
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright-core';
import { type Line, lineTo } from '../stores/line.ts';
import { passwordOf, type RunningService, runService } from '../support/running-service.ts';

/** The console of a running service, and people in front of it. */
export interface Desk extends AsyncDisposable {
  readonly service: RunningService;
  /** Between the browsers and the service. */
  readonly line: Line;
  /** A browser of somebody's own, at the beginning. */
  visit(options?: BrowserContextOptions): Promise<Page>;
  /** The same, signed in. */
  signIn(user: string, options?: BrowserContextOptions): Promise<Page>;
}

/** What a page did that it must not. */
interface Complaints {
  readonly list: string[];
}

/** Lets webhooks go to this machine. */
export const openWeb = {
  VITRINE_WEB_ALLOWED_HOSTS: '127.0.0.1',
  VITRINE_WEB_ALLOWED_PORTS: '[]',
};

export interface DeskOptions {
  /** A data folder that is there already. */
  readonly folder?: string;
  /** Settings of the service besides. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Starts the service and a browser. At its end no page may have failed, or asked anybody but the service. */
export async function openDesk({ folder, environment }: DeskOptions = {}): Promise<Desk> {
  await using parts = new AsyncDisposableStack();
  const service = parts.use(
    await runService({
      ...(folder !== undefined && { folder }),
      environment: { VITRINE_LOG_LEVEL: 'warn', ...environment },
    }),
  );
  const line = parts.use(await lineTo(service.port));
  const browser = await chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: [
      ...['--no-sandbox', '--disable-dev-shm-usage'],
      `--host-resolver-rules=MAP 127.0.0.1:${service.port} 127.0.0.1:${line.port}`,
    ],
  });
  parts.defer(() => browser.close());
  const complaints: Complaints = { list: [] };
  const visit = (options?: BrowserContextOptions) => open(browser, service, complaints, options);
  const owned = parts.move();
  return {
    service,
    line,
    visit,
    async signIn(user, options) {
      const page = await visit(options);
      await signInAs(page, user, await passwordOf(service.folder, user));
      return page;
    },
    async [Symbol.asyncDispose]() {
      await owned.disposeAsync();
      assert.deepEqual(complaints.list, []);
    },
  };
}

async function open(
  browser: Browser,
  service: RunningService,
  complaints: Complaints,
  options: BrowserContextOptions = {},
): Promise<Page> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    colorScheme: 'light',
    ...options,
  });
  context.setDefaultTimeout(60_000);
  await watch(context, service, complaints);
  const page = await context.newPage();
  await page.goto(service.url);
  return page;
}

/** A page breaks its policy, fails, or asks somebody else: each is a complaint. */
async function watch(context: BrowserContext, { url }: RunningService, { list }: Complaints) {
  context.on('weberror', (error) => list.push(String(error.error())));
  context.on('console', (message) => {
    const text = message.text();
    // Browsers write each refusal of a request to the console, the expected ones too.
    if (message.type() === 'error' && !text.startsWith('Failed to load resource')) list.push(text);
  });
  context.on('request', (request) => {
    if (!request.url().startsWith(`${url}/`)) list.push(`${request.url()} was asked for`);
  });
}

/** Fills in the form and waits for the first page. */
export async function signInAs(page: Page, user: string, password: string): Promise<void> {
  await page.getByLabel('User').fill(user);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('navigation', { name: 'Pages' }).waitFor();
}

/** The number on the inbox; '' when there is none. */
export async function badgeOf(page: Page): Promise<string> {
  const badge = page.locator('nav .badge');
  return (await badge.count()) === 0 ? '' : ((await badge.textContent()) ?? '');
}

/** As a link of elsewhere would, without signing in anew. */
export async function goToAddress(page: Page, address: string): Promise<void> {
  await page.evaluate((path) => {
    history.pushState(null, '', path);
    dispatchEvent(new Event('popstate'));
  }, address);
}

/** Goes to a page of the console by its link. */
export async function goTo(
  page: Page,
  name: 'Images' | 'Inbox' | 'Requests' | 'Families' | 'Settings',
): Promise<void> {
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name }).click();
  await page.getByRole('heading', { name, level: 1 }).waitFor();
}

/** The row of a list that says this. */
export function rowWith(page: Page, text: string | RegExp) {
  return page.getByRole('row').filter({ hasText: text });
}

/** The row of a list that has this name. */
export function rowOf(page: Page, name: string) {
  return page.getByRole('row').filter({ has: page.getByRole('link', { name, exact: true }) });
}

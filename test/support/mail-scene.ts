import { randomUUID } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import type { Database } from '../../src/database/database.ts';
import {
  findMailAddress,
  hurryMailAddress,
  insertMailAddress,
  updateMailAddress,
} from '../../src/database/mail-addresses.ts';
import { insertProjectEvents } from '../../src/database/project-events.ts';
import type { MailAddress } from '../../src/domain/mail-address.ts';
import { mailDelivery } from '../../src/service/mail-delivery.ts';
import { mailLinks } from '../../src/service/mail-links.ts';
import { mailSender } from '../../src/service/mail-sender.ts';
import { emptyDatabase } from './database.ts';
import { type MailServer, mailServer } from './mail-server.ts';

/** When everything begins, ms. */
export const start = Date.UTC(2030, 0, 1, 12);
export const day = 24 * 3_600_000;
export const links = mailLinks(Buffer.from('a key of the service'));

interface SceneOptions extends Partial<Pick<MailAddress, 'mode' | 'kinds'>> {
  readonly isVerified?: boolean;
  readonly rate?: { readonly rate: number; readonly burst: number };
  /** Of the server, where it is not the one that runs. */
  readonly port?: number;
}

/** An address but for its id. */
export const made = {
  projectId: 'consumer',
  byUser: 'somebody',
  address: 'me@example.org',
  mode: 'at_once',
  kinds: null,
  isVerified: true,
  createdAt: new Date(start),
} as const;

/** Adds an address, with a digest that is due in a day. */
export async function insertAddress(
  database: Database,
  { isVerified, ...address }: Parameters<typeof insertMailAddress>[1] & { isVerified: boolean },
): Promise<void> {
  const verified = { verifiedAt: address.createdAt, codeAskedAt: null };
  await database.transaction(async (db) => {
    await insertMailAddress(db, address);
    const dueAt = new Date(start + day);
    if (isVerified) await updateMailAddress(db, address.id, { ...verified, dueAt });
  });
}

/** An address of a project at a mail server, and the delivery to it. */
export async function scene(parts: AsyncDisposableStack, options: SceneOptions = {}) {
  const { mode = 'at_once', kinds = null, isVerified = true, rate } = options;
  const { database } = parts.use(await emptyDatabase());
  const server = parts.use(await mailServer());
  const clock = { now: start };
  const id = randomUUID();
  await insertAddress(database, { ...made, id, mode, kinds, isVerified });
  const reports: string[] = [];
  const smtp = { host: '127.0.0.1', isSecure: false, login: undefined };
  /** As a process of its own, by its id. */
  const begin = (process: string) =>
    mailDelivery({
      database: { ...database, processes: { ...database.processes, id: process, isShared: true } },
      sender: mailSender({
        server: { ...smtp, port: options.port ?? server.port },
        from: 'images@example.org',
      }),
      links,
      names: { ofProjects: async () => new Map([['producer', 'Base images']]) },
      url: 'https://images.example.org',
      rate: rate ?? { rate: 1, burst: 1000 },
      digestHour: 7,
      interval: 10,
      clock: () => new Date(clock.now),
      report: (text, cause) => reports.push(`${text} ${String(cause)}`),
    }).start();
  const delivery = parts.use(begin('first'));
  const kept = () => findMailAddress(database.read, id);
  /** Has it tried again at once, as after its pause. */
  const hurry = () => database.transaction((db) => hurryMailAddress(db, id));
  return { database, server, clock, id, reports, kept, hurry, delivery, begin };
}

/** Has images of those names offered to the project. */
export async function tell(
  database: Database,
  names: readonly string[],
  at = start,
): Promise<void> {
  const events = names.map((name) => ({
    ...{ id: randomUUID(), projectId: 'consumer', type: 'share.offered', imageId: 'i' },
    data: { owner: 'producer', member: 'consumer', image_name: name, note: 'so ist es' },
    at: new Date(at),
  }));
  await database.transaction((db) => insertProjectEvents(db, events));
}

/** @throws Error after 20 s */
export async function until(isSo: () => Promise<unknown>): Promise<void> {
  const end = Date.now() + 20_000;
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error('It did not come to be.');
    await setTimeout(10);
  }
}

/** What connects from now on, by where to. */
export function notedSockets(parts: AsyncDisposableStack) {
  const sockets: Socket[] = [];
  const note = (message: unknown) => sockets.push((message as { readonly socket: Socket }).socket);
  subscribe('net.client.socket', note);
  parts.defer(() => void unsubscribe('net.client.socket', note));
  return ({ port }: MailServer) => sockets.filter(({ remotePort }) => remotePort === port);
}

/** The names of images in what was told. */
export const offersIn = ({ mails }: Pick<MailServer, 'mails'>) =>
  mails.flatMap(({ text }) =>
    [...text.matchAll(/offers the image "(.*)"$/gm)].map(([, name]) => name),
  );

import type { Static } from 'typebox';
import type {
  addMailAddress as addOperation,
  listMailAddresses as listOperation,
  MailAddressDocument,
} from '../api/vitrine/mail.ts';
import type { Session } from './session.ts';

const root = '/vitrine/v1/mail';

/** An address, and how it fares. */
export type MailAddressBody = Static<typeof MailAddressDocument>;

/** The addresses of a project, and whether the service sends any mail. */
export type MailBody = Static<NonNullable<typeof listOperation.answer>>;

/** When an address is told, and of what; at once and of everything, unless they are given. */
export type MailChoice = Omit<Static<NonNullable<typeof addOperation.body>>, 'address'>;

/** The mail addresses of the session's project. @throws ApiError */
export async function listMailAddresses(session: Session): Promise<MailBody> {
  return (await session.call('image', { path: root })) as MailBody;
}

/** Has a code sent to an address; once it is given back, what happens is told there. @throws ApiError */
export async function addMailAddress(
  session: Session,
  address: string,
  choice: MailChoice = {},
): Promise<MailAddressBody> {
  const body = { address, ...choice };
  return (await session.call('image', { method: 'POST', path: root, body })) as MailAddressBody;
}

/** Changes when an address is told, and of what. @throws ApiError */
export async function changeMailAddress(
  session: Session,
  id: string,
  choice: MailChoice,
): Promise<MailAddressBody> {
  const request = { method: 'PUT', path: pathOf(id), body: choice } as const;
  return (await session.call('image', request)) as MailAddressBody;
}

/** Gives back the code that was sent to an address. @throws ApiError */
export async function verifyMailAddress(
  session: Session,
  id: string,
  code: string,
): Promise<MailAddressBody> {
  const request = { method: 'POST', path: `${pathOf(id)}/verification`, body: { code } } as const;
  return (await session.call('image', request)) as MailAddressBody;
}

/** Has another code sent. @throws ApiError */
export async function sendMailCode(session: Session, id: string): Promise<void> {
  await session.call('image', { method: 'POST', path: `${pathOf(id)}/code`, body: {} });
}

/** Takes an address away. @throws ApiError */
export async function removeMailAddress(session: Session, id: string): Promise<void> {
  await session.call('image', { method: 'DELETE', path: pathOf(id) });
}

function pathOf(id: string): string {
  return `${root}/${encodeURIComponent(id)}`;
}

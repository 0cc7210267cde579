import { type Static, Type } from 'typebox';
import { type MailAddress, mailKinds, mailModes } from '../../domain/mail-address.ts';
import { nullable, Time } from './fields.ts';
import { operation } from './operation.ts';

const tag = 'mail';

/** An address, and how it fares. */
export const MailAddressDocument = Type.Object({
  id: Type.String(),
  address: Type.String(),
  mode: Type.Enum([...mailModes]),
  events: nullable(Type.Array(Type.Enum([...mailKinds]))),
  by_user: Type.String(),
  created_at: Time,
  verified_at: nullable(Time),
  attempts: Type.Integer({ description: 'How often in a row what is next was sent in vain.' }),
  failing_since: nullable(Time),
  last_error: nullable(Type.String()),
  sent_at: nullable(Time),
});

const choice = {
  mode: Type.Optional(Type.Enum([...mailModes])),
  events: Type.Optional(
    nullable(Type.Array(Type.Enum([...mailKinds]), { minItems: 1, maxItems: mailKinds.length })),
  ),
} as const;

export const listMailAddresses = operation({
  id: 'listMailAddresses',
  method: 'GET',
  path: '/vitrine/v1/mail',
  tag,
  summary: 'The addresses at which this project is told what happens to its shares',
  answer: Type.Object({
    addresses: Type.Array(MailAddressDocument),
    sends_mail: Type.Boolean({ description: 'Whether the operator has said by which server.' }),
  }),
});

export const addMailAddress = operation({
  id: 'addMailAddress',
  method: 'POST',
  path: '/vitrine/v1/mail',
  tag,
  summary: 'Has a code sent to an address, and nothing else there until that is given back',
  body: Type.Object(
    { address: Type.String({ minLength: 1, maxLength: 254 }), ...choice },
    { additionalProperties: false },
  ),
  status: 201,
  answer: MailAddressDocument,
});

export const changeMailAddress = operation({
  id: 'changeMailAddress',
  method: 'PUT',
  path: '/vitrine/v1/mail/{mailId}',
  tag,
  summary: 'Changes when an address is told, and of what',
  body: Type.Object(choice, { additionalProperties: false, minProperties: 1 }),
  answer: MailAddressDocument,
});

export const removeMailAddress = operation({
  id: 'removeMailAddress',
  method: 'DELETE',
  path: '/vitrine/v1/mail/{mailId}',
  tag,
  summary: 'Takes an address away',
});

export const sendMailCode = operation({
  id: 'sendMailCode',
  method: 'POST',
  path: '/vitrine/v1/mail/{mailId}/code',
  tag,
  summary: 'Has another code sent; those before it are void',
  body: Type.Object({}, { additionalProperties: false }),
});

export const verifyMailAddress = operation({
  id: 'verifyMailAddress',
  method: 'POST',
  path: '/vitrine/v1/mail/{mailId}/verification',
  tag,
  summary: 'Gives back the code that was sent to an address',
  body: Type.Object(
    { code: Type.String({ minLength: 1, maxLength: 32 }) },
    { additionalProperties: false },
  ),
  answer: MailAddressDocument,
});

/** Writes an address as its document. */
export function mailAddressDocument(mail: MailAddress): Static<typeof MailAddressDocument> {
  return {
    id: mail.id,
    address: mail.address,
    mode: mail.mode,
    events: mail.kinds && [...mail.kinds],
    by_user: mail.byUser,
    created_at: mail.createdAt.toISOString(),
    verified_at: mail.verifiedAt?.toISOString() ?? null,
    attempts: mail.attempts,
    failing_since: mail.failingSince?.toISOString() ?? null,
    last_error: mail.lastError,
    sent_at: mail.sentAt?.toISOString() ?? null,
  };
}

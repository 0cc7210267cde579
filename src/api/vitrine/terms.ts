import type { Static } from 'typebox';
import type { ShareTerms } from '../../domain/share.ts';
import { type Terms, timeFrom } from './fields.ts';

/** What an owner says of a share. @throws DomainError `InvalidRequest` */
export function termsFrom(body: Static<typeof Terms>): ShareTerms {
  return {
    // A note of nothing is none.
    note: body.note?.trim() ? body.note : null,
    expiresAt: timeFrom('expires_at', body.expires_at),
  };
}

import type { FastifyInstance } from 'fastify';
import { defaultLimit } from '../../api/vitrine/fields.ts';
import {
  answerOffers,
  leaveShare,
  listInbox,
  listMutes,
  mute,
  offerDocument,
  statesOf,
  unmute,
} from '../../api/vitrine/inbox.ts';
import type { Inbox } from '../../service/inbox.ts';
import { routeOperation } from './operations.ts';

/** What others offer a project. */
export function inboxRoutes(app: FastifyInstance, inbox: Inbox): void {
  routeOperation(app, listInbox, async ({ caller, query }) => {
    const { state, limit = defaultLimit, marker } = query;
    const page = await inbox.list(caller, { states: statesOf(state), limit, marker });
    return {
      offers: page.offers.map((offer) => offerDocument(offer, page.names)),
      ...(page.next !== undefined && { next: page.next }),
    };
  });

  routeOperation(app, answerOffers, async ({ caller, body }) => {
    const { images, answer, all_or_nothing: allOrNothing = false } = body;
    const results = await inbox.answer(caller, { images, answer, allOrNothing });
    return {
      results: results.map(({ imageId, state, error }) => ({ image_id: imageId, state, error })),
    };
  });

  routeOperation(app, leaveShare, ({ caller, path }) => inbox.leave(caller, path.imageId));

  routeOperation(app, listMutes, async ({ caller }) => {
    const { muted, names } = await inbox.muted(caller);
    return {
      mutes: muted.map(({ producerId, at }) => ({
        producer: { id: producerId, name: names.get(producerId) ?? null },
        muted_at: at.toISOString(),
      })),
    };
  });

  routeOperation(app, mute, ({ caller, path }) => inbox.mute(caller, path.producerId));
  routeOperation(app, unmute, ({ caller, path }) => inbox.unmute(caller, path.producerId));
}

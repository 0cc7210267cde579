import type { Caller } from '../domain/caller.ts';
import type { Policy } from '../domain/policy.ts';
import type { ProjectEvent } from '../domain/project-event.ts';
import type { Beginning, EventFeed } from './event-feed.ts';
import { projectThatLooks } from './inbox.ts';

/** Events in their places, in order. */
export type NumberedEvents = readonly { readonly number: number; readonly event: ProjectEvent }[];

/** A program that listens. */
export interface EventListener {
  /** Called before the first event. */
  readonly began: (at: Beginning) => void;
  readonly take: (events: NumberedEvents) => void;
  readonly end: () => void;
}

/** What the caller's project is told of. Who may list its images may hear of it. */
export interface ProjectEvents {
  /** @throws DomainError `NotPermitted` */
  checkListener(caller: Caller): void;
  /** Tells of all behind `after`, or of what comes; returns what ends it. */
  listen(caller: Caller, after: number | undefined, listener: EventListener): () => void;
  /** A page of what is behind `after`, from the oldest if it is undefined, and where the next one begins. */
  read(
    caller: Caller,
    after: number | undefined,
  ): Promise<{ readonly events: NumberedEvents; readonly next: number }>;
}

/** Events on a page. */
const pageSize = 500;

export interface ProjectEventsOptions {
  readonly feed: EventFeed;
  readonly policy: Policy;
}

export function projectEventsService({ feed, policy }: ProjectEventsOptions): ProjectEvents {
  return {
    checkListener: (caller) => void projectThatLooks(policy, caller),

    listen(caller, after, { began, take, end }) {
      const projectId = projectThatLooks(policy, caller);
      return feed.listen({ projectId, take, end }, after, began);
    },

    async read(caller, after = 0) {
      const found = await feed.read(projectThatLooks(policy, caller), after, pageSize);
      const next = found.at(-1)?.number ?? after;
      return { events: found, next };
    },
  };
}

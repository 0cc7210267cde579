import type { Selectable } from 'kysely';
import type { ProjectEvent } from '../domain/project-event.ts';
import type { Connection } from './database.ts';
import { lockForEvents } from './locks.ts';
import { prepared } from './prepared.ts';
import type { ProjectEventRow } from './share-tables.ts';

const insert = prepared<Omit<Selectable<ProjectEventRow>, 'id'>, unknown>((db, value) =>
  db.insertInto('project_events').values({
    project_id: value('project_id'),
    event_id: value('event_id'),
    event_type: value('event_type'),
    image_id: value('image_id'),
    data: value('data'),
    created_at: value('created_at'),
  }),
);

/** Writes what projects are told of, in the transaction of the change. */
export async function insertProjectEvents(
  db: Connection,
  events: readonly ProjectEvent[],
): Promise<void> {
  if (events.length > 0) await lockForEvents(db, 'write');
  for (const event of events) {
    await insert(db, {
      project_id: event.projectId,
      event_id: event.id,
      event_type: event.type,
      image_id: event.imageId,
      data: JSON.stringify(event.data),
      created_at: event.at.getTime(),
    });
  }
}

import { randomUUID } from 'node:crypto';
import type { Connection } from '../database/database.ts';
import { listFamilyMembers } from '../database/families.ts';
import { isMuted } from '../database/muted-producers.ts';
import { insertProjectEvents } from '../database/project-events.ts';
import type { Family } from '../domain/family.ts';
import { type FamilyEntry, familyEvent } from '../domain/project-event.ts';

/** Tells the owner and the members what happened to a family, in the transaction of the change. */
export async function recordFamily(
  db: Connection,
  family: Family,
  entry: FamilyEntry,
): Promise<void> {
  const id = randomUUID();
  const hearers = [family.owner];
  for (const { projectId } of await listFamilyMembers(db, family.id)) {
    if (!(await isMuted(db, projectId, family.owner))) hearers.push(projectId);
  }
  await insertProjectEvents(
    db,
    hearers.map((projectId) => familyEvent(projectId, family, { id, ...entry })),
  );
}

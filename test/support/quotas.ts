import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { Database } from '../../src/database/database.ts';
import { findUsage } from '../../src/database/usage.ts';
import type { Usage } from '../../src/domain/quota.ts';
import { createImage, dataType, expectStatus } from './images.ts';
import type { Answer, TestService } from './service.ts';

export const MiB = 1024 * 1024;

/** A project of its own, which an admin works for; images may belong to any. */
export interface LimitedProject {
  readonly id: string;
  readonly path: string;
}

/** A project that no other test knows, with limits of its own. */
export async function limitedProject(
  service: TestService,
  limits: Readonly<Record<string, number>>,
): Promise<LimitedProject> {
  const id = randomUUID();
  const path = `/vitrine/v1/projects/${id}/quotas`;
  expectStatus(await service.call('admin', 'PUT', path, { quotas: limits }), 200);
  return { id, path };
}

/** What counts against the quotas of a project, by the quota's name. */
export async function usageOf(service: TestService, { path }: LimitedProject) {
  const { quotas } = expectStatus(await service.call('admin', 'GET', path), 200).json;
  return {
    images: quotas.image_count_total.usage,
    mib: quotas.image_size_total.usage,
    uploads: quotas.image_count_uploading.usage,
  };
}

/** All that counts for a project, to the byte. */
export async function exactUsage(service: TestService, { id }: LimitedProject): Promise<Usage> {
  await using database = await service.openDatabase();
  return await findUsage(database.read, id);
}

/** An image of the project, made by the admin. */
export async function imageOf(service: TestService, project: LimitedProject): Promise<string> {
  return (await createImage(service, { owner: project.id }, 'admin')).id;
}

/** Uploads as the admin. */
export function upload(
  service: TestService,
  imageId: string,
  data: Uint8Array,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const path = `/v2/images/${imageId}/file`;
  return service.call('admin', 'PUT', path, data, { ...dataType, ...headers });
}

/** Uploads as the admin without saying how much it is. */
export async function uploadUnannounced(
  service: TestService,
  imageId: string,
  data: Uint8Array,
): Promise<number> {
  const response = await fetch(`${service.url}/v2/images/${imageId}/file`, {
    method: 'PUT',
    headers: { 'x-auth-token': service.tokens.admin, ...dataType },
    body: new Blob([data as Uint8Array<ArrayBuffer>]).stream(),
    duplex: 'half',
  });
  await response.arrayBuffer();
  return response.status;
}

/** Every project's use, as it is kept and as it is counted anew from the images and uploads. */
export async function countedUsage(open: () => Promise<Database>) {
  await using database = await open();
  const kept = await sql`select project_id, images, bytes, staged_bytes, uploads from project_usage
    where images != 0 or bytes != 0 or staged_bytes != 0 or uploads != 0 order by project_id`.execute(
    database.read,
  );
  const counted = await sql`select project_id, cast(sum(images) as bigint) as images,
      cast(sum(bytes) as bigint) as bytes, cast(sum(staged_bytes) as bigint) as staged_bytes,
      cast(sum(uploads) as bigint) as uploads from (
      select owner as project_id, 1 as images,
        case when location is null then 0 else coalesce(size, 0) end as bytes,
        0 as staged_bytes, 0 as uploads
      from images where owner is not null
      union all
      select owner, 1, size, 0, 0 from pending_deletes where owner is not null
      union all
      select project_id, 0, bytes, staged_bytes, 1 from upload_reservations where project_id is not null
      union all
      select project_id, 0, bytes, staged_bytes, 1 from image_imports where project_id is not null
    ) as counts group by project_id order by project_id`.execute(database.read);
  return { kept: kept.rows, counted: counted.rows };
}

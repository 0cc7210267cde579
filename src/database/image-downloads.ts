import type { Connection } from './database.ts';

/** What a project has downloaded of an image of another. */
export interface DownloadSum {
  readonly lastAt: Date;
  readonly downloads: number;
  readonly bytes: number;
}

/** Adds a download to what a project has downloaded. */
export async function addDownload(
  db: Connection,
  { imageId, projectId }: { readonly imageId: string; readonly projectId: string },
  { at, bytes }: { readonly at: Date; readonly bytes: number },
): Promise<void> {
  const last_at = at.getTime();
  await db
    .insertInto('image_downloads')
    .values({ image_id: imageId, project_id: projectId, last_at, downloads: 1, bytes })
    .onConflict((conflict) =>
      conflict.columns(['image_id', 'project_id']).doUpdateSet((eb) => ({
        last_at,
        downloads: eb('image_downloads.downloads', '+', 1),
        bytes: eb('image_downloads.bytes', '+', bytes),
      })),
    )
    .execute();
}

/** What each project has downloaded of an image. */
export async function listDownloads(
  db: Connection,
  imageId: string,
): Promise<ReadonlyMap<string, DownloadSum>> {
  const rows = await db
    .selectFrom('image_downloads')
    .selectAll()
    .where('image_id', '=', imageId)
    .execute();
  return new Map(
    rows.map(({ project_id, last_at, downloads, bytes }) => [
      project_id,
      { lastAt: new Date(last_at), downloads, bytes },
    ]),
  );
}

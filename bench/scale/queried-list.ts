import { parseImageQuery } from '../../src/api/image-query.ts';
import type { Connection, Database } from '../../src/database/database.ts';
import { chosenPlan, listImages } from '../../src/database/image-list.ts';
import { listPlan, listValues } from '../../src/database/list-plan.ts';
import type { Caller } from '../../src/domain/caller.ts';
import type { Image } from '../../src/domain/image.ts';
import type { ImageQuery } from '../../src/domain/image-query.ts';
import { callerOf } from '../../test/support/domain.ts';
import { rangesOf } from '../../test/support/page-plan.ts';
import { pathOf, type ScaleCase } from './cases.ts';
import { measured, projectId } from './images.ts';
import type { List } from './measure.ts';

/** A list by the service's own function, without HTTP. */
export async function queriedList({ read }: Database, item: ScaleCase): Promise<List> {
  const { caller, query, after } = await listingOf(read, item);
  return {
    async time() {
      const begin = performance.now();
      await listImages(read, caller, query, after);
      return performance.now() - begin;
    },
    [Symbol.asyncDispose]: async () => {},
  };
}

/** How the database finds the page: the steps to each of the ranges that it is the union of. */
export async function planOf({ read }: Database, item: ScaleCase) {
  const { caller, query, after } = await listingOf(read, item);
  const values = listValues(caller, query, after);
  return rangesOf(read, await chosenPlan(read, listPlan(caller, query, after), values), values);
}

interface Listing {
  readonly caller: Caller;
  readonly query: ImageQuery;
  readonly after: Image | undefined;
}

async function listingOf(db: Connection, item: ScaleCase): Promise<Listing> {
  const caller = callerOf(projectId(measured.indexOf(item.project)), 'member');
  if (!item.isLast) return { caller, query: queryOf(pathOf(item.query)), after: undefined };
  const turned = queryOf(`?sort_key=created_at&sort_dir=asc&limit=${item.images + 1}`);
  const after = (await listImages(db, caller, turned, undefined)).at(-1);
  return { caller, query: queryOf(pathOf(item.query)), after };
}

function queryOf(path: string): ImageQuery {
  const parameters = new URLSearchParams(path.split('?')[1]);
  return parseImageQuery(parameters, { default: 25, max: 1000 });
}

import { actions } from './actions.ts';
import { create } from './create.ts';
import { dataDown } from './data-download.ts';
import { dataUp } from './data-upload.ts';
import { deleting } from './delete.ts';
import { errors } from './errors.ts';
import { imports } from './imports.ts';
import { filters } from './list-filters.ts';
import { paging } from './list-paging.ts';
import { visibilityInLists } from './list-visibility.ts';
import { memberBodies } from './member-bodies.ts';
import { members } from './members.ts';
import { patch } from './patch.ts';
import { patchRefusals } from './patch-refusals.ts';
import { routing } from './routing.ts';
import type { Chapter } from './row.ts';
import { schemas } from './schemas.ts';
import { show } from './show.ts';
import { tags } from './tags.ts';
import { versions } from './versions.ts';

/** The contract, in the order in which one would tell it. */
export const chapters: readonly Chapter[] = [
  versions,
  routing,
  errors,
  create,
  show,
  patch,
  patchRefusals,
  deleting,
  dataUp,
  dataDown,
  imports,
  tags,
  actions,
  members,
  memberBodies,
  visibilityInLists,
  filters,
  paging,
  schemas,
];

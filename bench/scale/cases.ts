import { type MeasuredProject, words } from './images.ts';

/** A list that is measured. */
export interface ScaleCase {
  readonly title: string;
  readonly project: MeasuredProject;
  /** The parameters of the list. */
  readonly query: string;
  /** Whether the page is the last one of the walk. */
  readonly isLast?: boolean;
  /** How many images the page holds, at any size. */
  readonly images: number;
}

const full = 25;

const { common, rare, rareShared } = words;

/** Lists that are promised to cost the same at any size. */
export const cases: readonly ScaleCase[] = [
  { title: 'default list, owner of few', project: 'few', query: '', images: full },
  { title: 'default list, owner of many', project: 'many', query: '', images: full },
  { title: 'default list, member of 1,000', project: 'member', query: '', images: full },
  {
    title: 'list of offers',
    project: 'offered',
    query: 'visibility=shared&member_status=pending',
    images: full,
  },
  { title: 'last page, owner of many', project: 'many', query: '', isLast: true, images: full },
  {
    title: 'common name, owner of many',
    project: 'many',
    query: `name=${common.name}`,
    images: full,
  },
  { title: 'rare name, owner of many', project: 'many', query: `name=${rare}`, images: 1 },
  { title: 'common name, member', project: 'member', query: `name=${common.name}`, images: full },
  { title: 'rare name, member', project: 'member', query: `name=${rareShared}`, images: 1 },
  { title: 'common tag, owner of many', project: 'many', query: `tag=${common.tag}`, images: full },
  { title: 'rare tag, owner of many', project: 'many', query: `tag=${rare}`, images: 1 },
  { title: 'common tag, member', project: 'member', query: `tag=${common.tag}`, images: full },
  { title: 'rare tag, member', project: 'member', query: `tag=${rareShared}`, images: 1 },
  {
    title: 'common property, owner of many',
    project: 'many',
    query: `os_distro=${common.property}`,
    images: full,
  },
  { title: 'rare property, owner of many', project: 'many', query: `build_id=${rare}`, images: 1 },
  { title: 'status, owner of many', project: 'many', query: 'status=active', images: full },
  {
    title: 'sorted by name, owner of many',
    project: 'many',
    query: 'sort_key=name&sort_dir=asc',
    images: full,
  },
  { title: 'sort=name:asc, owner of many', project: 'many', query: 'sort=name:asc', images: full },
];

/** The path of a list behind that marker, with a page of the usual size. */
export function pathOf(query: string, marker?: string): string {
  const parameters = [
    query,
    `limit=${full}`,
    ...(marker === undefined ? [] : [`marker=${marker}`]),
  ];
  return `/v2/images?${parameters.filter((text) => text !== '').join('&')}`;
}

import {
  type Expression,
  expressionBuilder,
  type SelectQueryBuilder,
  type SqlBool,
  sql,
} from 'kysely';
import { type MemberStatus, memberStatuses } from '../domain/member.ts';
import { visibilities } from '../domain/visibility.ts';
import type { Connection } from './database.ts';
import { isPostgres } from './dialect.ts';
import {
  afterMarker,
  copiedOrder,
  type OrderColumns,
  orderByKeys,
  selectKeys,
} from './image-order.ts';
import {
  type ImageSource,
  imageSource,
  isKind,
  isNotOwn,
  isOfKind,
  isOwn,
} from './image-source.ts';
import { includesKind, includesShared, type ListPlan } from './list-plan.ts';
import { placeholder } from './prepared.ts';
import type { Tables } from './tables.ts';

type ImageSelect = SelectQueryBuilder<Tables, 'images', object>;

const eb = expressionBuilder<Tables, 'images'>();

/** The ranges that a listing is the union of. They have no image in common; each holds a page at most. */
export function listRanges(db: Connection, plan: ListPlan) {
  const source = imageSource(plan);
  const conditions = plan.isAdmin ? adminConditions(source, plan) : userConditions(source, plan);
  const images = conditions.map((condition) => {
    const range = from(db, source).where(eb.and([condition, source.matches]));
    return cut(db, withImages(range, source, plan), plan, source);
  });
  return [...images, ...sharedRanges(db, source, plan)];
}

/** A row if more than that many shared images match the lookup, whoever they are shared with. */
export function moreMatches(db: Connection, plan: ListPlan, count: number) {
  const source = imageSource(plan);
  return from(db, source)
    .where(eb.and([isKind(source, 'shared'), source.matches]))
    .select(eb.lit(1).as('match'))
    .limit(eb.lit(1))
    .offset(eb.lit(count));
}

function from(db: Connection, { table }: ImageSource): ImageSelect {
  // What is done with the other tables is written for all of them alike.
  return db.selectFrom(table as 'images');
}

/** Adds the images themselves to a range over another table, if something is asked of them. */
function withImages(range: ImageSelect, source: ImageSource, plan: ListPlan): ImageSelect {
  const asksImages =
    source.filters.length > 0 || plan.order.some(({ key }) => key !== 'created_at' && key !== 'id');
  if (source.table === 'images' || !asksImages) return range;
  const joined = range.crossJoin('images').where(sql<SqlBool>`images.id = ${source.columns.id}`);
  return joined as unknown as ImageSelect;
}

/** Filters, sorts and cuts one range. */
function cut(
  db: Connection,
  range: ImageSelect,
  plan: ListPlan,
  { columns, filters }: Pick<ImageSource, 'columns' | 'filters'>,
) {
  const conditions = plan.hasMarker ? [...filters, afterMarker(plan.order, columns)] : filters;
  const keys = range.where(eb.and(conditions)).select(selectKeys(plan.order, columns));
  const page = orderByKeys(keys, plan.order).limit(eb.lit(plan.limit));
  return db.selectFrom(page.as('range')).selectAll();
}

function userConditions(source: ImageSource, plan: ListPlan): Expression<SqlBool>[] {
  const open = (['public', 'community'] as const).filter((kind) => includesKind(plan.scope, kind));
  const ranges = open.map((kind) => eb.and([isKind(source, kind), isNotOwn(source, plan)]));
  // Without a project it holds nothing: there is always a range.
  return [ownCondition(source, plan), ...ranges];
}

function ownCondition(source: ImageSource, { scope, lookup }: ListPlan): Expression<SqlBool> {
  const { visibility } = scope;
  if (visibility === undefined || visibility === 'all') return isOwn(source);
  const isIt = lookup === undefined ? isKind : isOfKind;
  return eb.and([isOwn(source), isIt(source, visibility)]);
}

/** An admin sees all of every kind, but others' community images only when asked for. */
function adminConditions(source: ImageSource, plan: ListPlan): Expression<SqlBool>[] {
  const { visibility } = plan.scope;
  const kinds = visibilities.filter((kind) => includesKind(plan.scope, kind));
  const ranges = kinds.map((kind) => isKind(source, kind));
  if (visibility !== undefined) return ranges;
  const isCommunity = plan.lookup === undefined ? isKind : isOfKind;
  return [...ranges, eb.and([isOwn(source), isCommunity(source, 'community')])];
}

/** The images shared with the caller by others. */
function sharedRanges(db: Connection, source: ImageSource, plan: ListPlan) {
  if (!includesShared(plan)) return [];
  const { memberStatus } = plan.scope;
  // Each answer is an index range sorted by age; all of them at once would be read to their end.
  const answers = memberStatus === 'all' ? memberStatuses : [memberStatus];
  return answers.map((answer) => {
    if (plan.isRare) return rareRange(db, source, plan, answer);
    const columns = copiedOrder('image_members');
    const range = memberRange(db, source, plan, answer, columns);
    return cut(db, withImages(range, source, plan), plan, { ...source, columns });
  });
}

/** Found from the caller's member rows. */
function memberRange(
  db: Connection,
  source: ImageSource,
  plan: ListPlan,
  answer: MemberStatus,
  columns: OrderColumns,
): ImageSelect {
  // Few of the member rows match a lookup: its index tells so without a look at their images.
  const isSame =
    plan.lookup === undefined
      ? [sql<SqlBool>`${source.columns.id} = ${columns.id}`, isOfKind(source, 'shared')]
      : [
          sql<SqlBool>`${source.columns.created_at} = ${columns.created_at} + 0`,
          sql<SqlBool>`${source.columns.id} || '' = ${columns.id}`,
          isKind(source, 'shared'),
        ];
  const members = db.selectFrom('image_members').where(isAnswered(answer));
  const isImageOfRow = isPostgres(db) && plan.lookup === undefined;
  const joined = isImageOfRow
    ? members.crossJoinLateral(imageOfRow(db).as('images'))
    : members.crossJoin(source.table as 'images');
  const range = joined.where(eb.and([...isSame, source.matches, isNotOwn(source, plan)]));
  return range as unknown as ImageSelect;
}

/**
 * The image of each member row. The offset keeps PostgreSQL from joining the two in the other order: by its guess the
 * images of that kind are few, and it would read all of them.
 */
function imageOfRow(db: Connection) {
  return db
    .selectFrom('images')
    .selectAll()
    .where(sql<SqlBool>`images.id = image_members.image_id`)
    .offset(eb.lit(0));
}

/** Found from the few images that match the lookup, whoever they are shared with. */
function rareRange(db: Connection, source: ImageSource, plan: ListPlan, answer: MemberStatus) {
  const joined = from(db, source)
    .where(eb.and([isKind(source, 'shared'), source.matches, isNotOwn(source, plan)]))
    .crossJoin('image_members')
    .where(sql<SqlBool>`image_members.image_id = ${source.columns.id}`)
    .where(isAnswered(answer));
  return cut(db, withImages(joined as unknown as ImageSelect, source, plan), plan, source);
}

function isAnswered(answer: MemberStatus): Expression<SqlBool> {
  return sql<SqlBool>`image_members.project_id = ${placeholder('projectId')}
    and image_members.status = ${answer}
    and image_members.expires_at > ${placeholder('now')}`;
}

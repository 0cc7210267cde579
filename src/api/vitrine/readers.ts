import { type Static, Type } from 'typebox';
import type { Image } from '../../domain/image.ts';
import { memberStatuses } from '../../domain/member.ts';
import type { Share } from '../../domain/share.ts';
import { visibilities } from '../../domain/visibility.ts';
import { NamedProject, nullable, Time } from './fields.ts';
import { operation } from './operation.ts';

/** By what somebody can read an image. */
const rules = ['owner', 'admin', 'member', 'public', 'community', 'ownerless'] as const;

/** Somebody who can read an image. */
export const ReaderDocument = Type.Object({
  rule: Type.Enum([...rules]),
  project: nullable(NamedProject),
  status: nullable(Type.Enum([...memberStatuses])),
  is_listed: Type.Boolean({ description: 'Whether plain lists of images show it to them.' }),
  by: Type.Array(
    Type.String({
      description: 'The families and groups that a member is one by; none for itself.',
    }),
  ),
  expires_at: nullable(Time),
  downloads: Type.Integer(),
  last_download_at: nullable(Time),
});

export const listReaders = operation({
  id: 'listReaders',
  method: 'GET',
  path: '/vitrine/v1/images/{imageId}/readers',
  tag: 'shares',
  summary:
    'Who can read an image and by which rule: also who would be hit if it were deleted or withdrawn',
  answer: Type.Object({
    image_id: Type.String(),
    visibility: Type.Enum([...visibilities]),
    rule_changed: Type.Boolean({
      description:
        'Whether the operator has a rule for get_image that may let fewer read it, or more.',
    }),
    readers: Type.Array(ReaderDocument),
  }),
});

/** Who can read an image, as far as the document tells of it. */
interface Found {
  readonly image: Image;
  readonly members: readonly {
    readonly share: Share;
    readonly reasons: readonly string[];
    readonly downloads: { readonly downloads: number; readonly lastAt: Date } | undefined;
  }[];
  readonly names: ReadonlyMap<string, string>;
  readonly isRuleOverridden: boolean;
}

type Reader = Static<typeof ReaderDocument>;

/** Writes who can read an image. */
export function readersDocument({ image, members, names, isRuleOverridden }: Found) {
  const { visibility, owner } = image;
  const plain: Reader = {
    ...{ rule: 'admin', project: null, status: null, is_listed: true, by: [], expires_at: null },
    ...{ downloads: 0, last_download_at: null },
  };
  const named = (id: string) => ({ id, name: names.get(id) ?? null });
  const readers: Reader[] = [plain];
  if (owner !== null) readers.unshift({ ...plain, rule: 'owner', project: named(owner) });
  if (visibility === 'public' || visibility === 'community') {
    readers.push({ ...plain, rule: visibility, is_listed: visibility === 'public' });
  }
  if (visibility === 'shared' && owner === null) {
    readers.push({ ...plain, rule: 'ownerless', is_listed: false });
  }
  for (const { share, reasons, downloads } of members) {
    readers.push({
      ...{ rule: 'member', project: named(share.projectId), status: share.status },
      ...{ is_listed: share.status === 'accepted', by: [...reasons] },
      expires_at: share.expiresAt?.toISOString() ?? null,
      downloads: downloads?.downloads ?? 0,
      last_download_at: downloads?.lastAt.toISOString() ?? null,
    });
  }
  return { image_id: image.id, visibility, rule_changed: isRuleOverridden, readers };
}

/** How large a generated service is. */
export interface Scale {
  readonly images: number;
  readonly projects: number;
  readonly members: number;
}

/** Ten properties, five members and a five-hundredth of a project for each image. */
export function scaleOf(images: number): Scale {
  return { images, projects: Math.max(12, Math.round(images / 500)), members: images * 5 };
}

/** The projects that the measured lists are asked for by; the rest own and consume all around them. */
export const measured = ['few', 'many', 'member', 'offered'] as const;

export type MeasuredProject = (typeof measured)[number];

/** An image as the generator makes it. */
export interface GeneratedImage {
  readonly id: string;
  /** Place of the owner among the projects. */
  readonly owner: number;
  readonly name: string;
  readonly status: 'active' | 'queued' | 'deactivated';
  readonly visibility: 'public' | 'private' | 'shared' | 'community';
  readonly isHidden: boolean;
  readonly tags: readonly string[];
  readonly properties: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** Stands for what an upload leaves: bytes. */
  readonly size: number;
}

/** What three fifths of the images have, and what one image has that is the oldest of its owner. */
export const words = {
  common: { name: 'server-base', tag: 'released', property: 'debian' },
  /** An image of the owner of many, whose list ends with it. */
  rare: 'golden',
  /** An image that the member has accepted. */
  rareShared: 'golden-shared',
} as const;

/** The place of the image that only `words.rareShared` names. */
export const rareShared = 3;

/** The n-th image of a service of that size, the oldest first; always the same. */
export function generatedImage(n: number, scale: Scale): GeneratedImage {
  const image = ordinaryImage(n, scale);
  if (n !== 0 && n !== rareShared) return image;
  const word = n === 0 ? words.rare : words.rareShared;
  return {
    ...image,
    name: word,
    visibility: n === 0 ? 'private' : 'shared',
    isHidden: false,
    status: 'active',
    tags: [word],
    properties: { ...image.properties, build_id: word },
  };
}

function ordinaryImage(n: number, scale: Scale): GeneratedImage {
  const isCommon = (salt: number) => hash(n, salt) % 10 < 6;
  return {
    id: imageId(n),
    owner: ownerOf(n, scale),
    name: isCommon(1) ? words.common.name : `image-${n}`,
    status: pick(hash(n, 2), [
      ['active', 90],
      ['queued', 98],
      ['deactivated', 100],
    ]),
    visibility: pick(hash(n, 3), [
      ['public', 4],
      ['community', 5],
      ['private', 20],
      ['shared', 100],
    ]),
    isHidden: hash(n, 4) % 50 === 0,
    tags: [
      ...(isCommon(5) ? [words.common.tag] : []),
      `topic-${hash(n, 6) % 100}`,
      `series-${hash(n, 7) % 10}`,
    ],
    properties: properties(n, isCommon(8) ? words.common.property : `distro-${hash(n, 9) % 5}`),
    // Two images at a time are of the same age.
    createdAt: Date.UTC(2020, 0) + Math.floor(n / 2) * 60_000,
    size: hash(n, 10),
  };
}

function properties(n: number, distro: string): Readonly<Record<string, string>> {
  return {
    os_distro: distro,
    os_version: String(hash(n, 11) % 12),
    os_type: 'linux',
    architecture: hash(n, 12) % 8 === 0 ? 'aarch64' : 'x86_64',
    hw_disk_bus: hash(n, 13) % 4 === 0 ? 'scsi' : 'virtio',
    hw_vif_model: 'virtio',
    hw_machine_type: 'q35',
    image_type: hash(n, 14) % 2 === 0 ? 'snapshot' : 'base',
    base_image_ref: imageId(hash(n, 15) % (n + 1)),
    build_id: `build-${n}`,
  };
}

/** Six of a hundred images are of the owner of many, ten in all of the owner of few, none of the other two. */
function ownerOf(n: number, { images, projects }: Scale): number {
  if (n % 50 < 3) return measured.indexOf('many');
  if (n % (images / 10) === 7) return measured.indexOf('few');
  return measured.length + (hash(n, 16) % (projects - measured.length));
}

/** Like a version 4 UUID, and as scattered; the first eight digits alone make each one unlike all others. */
function imageId(n: number): string {
  const [a, b, c, d] = [17, 18, 19, 20].map((salt) =>
    hash(n, salt).toString(16).padStart(8, '0'),
  ) as [string, string, string, string];
  return `${a}-${b.slice(0, 4)}-4${b.slice(5)}-8${c.slice(1, 4)}-${c.slice(4)}${d}`;
}

/** The n-th project's id. */
export function projectId(n: number): string {
  return [21, 22, 23, 24].map((salt) => hash(n, salt).toString(16).padStart(8, '0')).join('');
}

/** A number below 2 ** 32 for each n, different from those of other n's and without a pattern (MurmurHash3). */
export function hash(n: number, salt: number): number {
  let h = n ^ Math.imul(salt, 0x9e3779b1);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** The first word whose share of a hundred, counted with those before it, the number is below. */
function pick<T>(number: number, shares: readonly [readonly [T, number], ...[T, number][]]): T {
  const [word] = shares.find(([, share]) => number % 100 < share) ?? shares[0];
  return word;
}

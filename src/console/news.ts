/** What things that happen are about. */
export const newsKinds = ['share', 'request', 'family'] as const;

export type NewsKind = (typeof newsKinds)[number];

/** How often something of each kind was heard of: another number is a reason to look again. */
export type Heard = Readonly<Record<NewsKind, number>>;

export const nothingHeard: Heard = { share: 0, request: 0, family: 0 };

/** What an event is about; all kinds where some events may have been missed. @param type such as `vitrine.share.offered` */
export function kindsIn(type: string | undefined): readonly NewsKind[] {
  const kind = newsKinds.find((one) => type?.startsWith(`vitrine.${one}.`));
  return kind === undefined ? newsKinds : [kind];
}

/** The same, with something more heard of these kinds. */
export function heardOf(before: Heard, kinds: readonly NewsKind[]): Heard {
  return { ...before, ...Object.fromEntries(kinds.map((kind) => [kind, before[kind] + 1])) };
}

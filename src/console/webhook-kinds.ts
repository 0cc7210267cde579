/** What a program may want to be told of, in one choice. */
export interface WebhookKind {
  readonly name: string;
  readonly types: readonly string[];
}

const typesOf = (noun: string, verbs: readonly string[]) =>
  verbs.map((verb) => `vitrine.${noun}.${verb}`);

/** All there is to be told of. */
export const webhookKinds: readonly WebhookKind[] = [
  {
    name: 'Offers and answers',
    types: typesOf('share', ['offered', 'changed', 'answered', 'left']),
  },
  {
    name: 'Ends of shares',
    types: typesOf('share', ['withdrawal_announced', 'ending', 'withdrawn', 'expired']),
  },
  { name: 'Downloads', types: typesOf('share', ['downloaded']) },
  { name: 'Requests', types: typesOf('request', ['made', 'approved', 'declined']) },
  { name: 'Families', types: typesOf('family', ['promoted', 'rolled_back', 'deprecated']) },
];

/** The types of the chosen kinds; null for all, those of later releases among them. */
export function typesOfKinds(chosen: ReadonlySet<string>): readonly string[] | null {
  if (chosen.size === webhookKinds.length) return null;
  return webhookKinds.flatMap(({ name, types }) => (chosen.has(name) ? types : []));
}

/** What a webhook is told of, in words. */
export function kindsText(types: readonly string[] | null): string {
  if (types === null) return 'Everything';
  const told = new Set(types);
  const isWhole = (kind: WebhookKind) => kind.types.every((type) => told.has(type));
  const whole = webhookKinds.filter(isWhole);
  const named = new Set(whole.flatMap((kind) => kind.types));
  const others = types.filter((type) => !named.has(type));
  return [...whole.map(({ name }) => name), ...others].join(', ');
}

/** Longer headers are cut: no client has that much to say of what it takes. */
const maxLength = 1000;

/** How much a client wants what it names in `Accept` or `Accept-Encoding`, from 0 to 1; the words are in lower case. */
export type Wishes = ReadonlyMap<string, number>;

/** Reads `gzip, br;q=0.5`. @see RFC 9110, 12.4.2 and 12.5 */
export function wishesIn(header: string | readonly string[] | undefined): Wishes {
  const wishes = new Map<string, number>();
  for (const part of String(header ?? '')
    .slice(0, maxLength)
    .toLowerCase()
    .split(',')) {
    const [name = '', ...parameters] = part.split(';').map((text) => text.trim());
    const weight = parameters.find((text) => text.startsWith('q='));
    // What is no weight is no wish.
    const wish = weight === undefined ? 1 : Number(weight.slice(2)) || 0;
    if (name !== '') wishes.set(name, wish);
  }
  return wishes;
}

/** How much an encoding of the answer is wanted. */
export function wishForEncoding(wishes: Wishes, name: string): number {
  return wishes.get(name) ?? wishes.get('*') ?? 0;
}

/**
 * Whether a page is wanted rather than JSON. A browser names `text/html`; an `Accept` of anything stands for a program, which
 * wants what it always got.
 */
export function prefersPage(accept: string | undefined): boolean {
  const wishes = wishesIn(accept);
  const json = wishes.get('application/json') ?? wishes.get('application/*') ?? wishes.get('*/*');
  return (wishes.get('text/html') ?? 0) > (json ?? 0);
}

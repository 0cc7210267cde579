import type { Caller } from './caller.ts';

/** A request that an application credential is good for; with rules it is good for no other. */
export interface AccessRule {
  /** 32 hex digits. */
  readonly id: string;
  /** The type of the service, as the catalog has it. */
  readonly service: string;
  readonly method: string;
  /** May hold `*` and `{name}` for some text without a slash, and `**` for any text. */
  readonly path: string;
}

/** A request as rules see it. */
export interface RuledRequest {
  readonly service: 'identity' | 'image';
  readonly method: string;
  /** Without its query. */
  readonly path: string;
}

/** Longer than any path of the API; it bounds what a comparison costs. */
const longestPath = 4096;

/**
 * Whether the caller's credential is good for the request: it has no rules, or one of them names it.
 *
 * @see Keystone, "Application credentials", access rules
 */
export function isWithinRules({ accessRules }: Caller, request: RuledRequest): boolean {
  if (!accessRules) return true;
  if (request.path.length > longestPath) return false;
  return accessRules.some(
    ({ service, method, path }) =>
      service === request.service && method === request.method && matches(path, request.path),
  );
}

/** Follows every way of reading the pattern at once, so that no pattern takes longer than its length times the path's. */
function matches(pattern: string, path: string): boolean {
  const parts = partsOf(pattern);
  let reached = withSkipped(parts, [0]);
  for (const character of path) {
    reached = withSkipped(
      parts,
      reached.flatMap((at) => afterCharacter(parts[at], at, character)),
    );
    if (reached.length === 0) return false;
  }
  return reached.includes(parts.length);
}

/** Wildcards, and single characters; as with Keystone, a brace without its other half is passed over. */
function partsOf(pattern: string): string[] {
  return (pattern.match(/\{[^}]*\}|\*\*|\*|[^{}*]/gu) ?? []).map((part) =>
    part.startsWith('{') ? '*' : part,
  );
}

function afterCharacter(part: string | undefined, at: number, character: string): number[] {
  if (part === '**') return [at];
  if (part === '*') return character === '/' ? [] : [at, at + 1];
  return part === character ? [at + 1] : [];
}

/** What `**` stands for may be nothing. */
function withSkipped(parts: readonly string[], places: readonly number[]): number[] {
  const all = new Set<number>();
  for (const place of places) {
    for (let at = place; !all.has(at); at += 1) {
      all.add(at);
      if (parts[at] !== '**') break;
    }
  }
  return [...all];
}

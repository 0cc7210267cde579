import { DomainError } from '../../domain/errors.ts';

/** Characters of an id or a name, as in v2. */
const longest = 255;

/** What a path names, none of which can have a character U+0000 or be longer than what is kept. @throws DomainError `InvalidRequest` */
export function plainPath<T extends Readonly<Record<string, string>>>(path: T): T {
  const [name] = Object.entries(path).find(([, text]) => !isPlain(text)) ?? [];
  if (name === undefined) return path;
  const wanted = `text of at most ${longest} characters without the character U+0000`;
  throw new DomainError('InvalidRequest', `${name}: ${wanted} is wanted.`);
}

function isPlain(text: string): boolean {
  return text.length <= longest && !text.includes('\0');
}

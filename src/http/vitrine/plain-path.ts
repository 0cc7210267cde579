import { DomainError } from '../../domain/errors.ts';

/** What a path names, none of which can have a character U+0000. @throws DomainError `InvalidRequest` */
export function plainPath<T extends Readonly<Record<string, string>>>(path: T): T {
  const [name] = Object.entries(path).find(([, text]) => text.includes('\0')) ?? [];
  if (name === undefined) return path;
  throw new DomainError('InvalidRequest', `${name}: text without the character U+0000 is wanted.`);
}

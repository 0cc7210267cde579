import { DomainError } from '../../domain/errors.ts';

/**
 * A value that must be there.
 *
 * @param what What was looked for, as in "There is no `what`".
 * @throws DomainError `NotFound`
 */
export function existing<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw notFound(what);
  return value;
}

/** The refusal for something that is not there, or not there for this caller. */
export function notFound(what: string): DomainError {
  return new DomainError('NotFound', `There is no ${what}.`);
}

/**
 * Refuses a name that another holds already.
 *
 * @throws DomainError `NameTaken`
 */
export function checkNameFree(
  holders: readonly { readonly id: string }[],
  own: { readonly id: string; readonly name: string },
  kind: 'application credential' | 'project' | 'role' | 'user',
): void {
  if (holders.some((holder) => holder.id !== own.id)) {
    throw new DomainError('NameTaken', `There is a ${kind} named ${own.name} already.`);
  }
}

import { isAdminLeft } from '../../database/admins.ts';
import type { Connection } from '../../database/database.ts';
import { DomainError } from '../../domain/errors.ts';

/**
 * Refuses a change after which nobody could manage the service; to be called at its end, within it.
 *
 * @throws DomainError `NotPermitted`
 */
export async function checkAdminLeft(db: Connection): Promise<void> {
  if (await isAdminLeft(db)) return;
  const text = 'This would leave no admin. Give someone else the role admin first.';
  throw new DomainError('NotPermitted', text);
}

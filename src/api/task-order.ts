import { DomainError } from '../domain/errors.ts';
import type { JsonObject } from './json-body.ts';

/** A task as a caller asks for it. */
export interface TaskOrderDocument {
  readonly type: 'import';
  readonly input: JsonObject;
}

/** Characters of what tasks are told, as JSON: it is kept, and shown again. */
const maxInput = 65_536;

/**
 * Reads the body by which a task is ordered. What is missing of its input is told by the task, as Glance does.
 *
 * @throws DomainError `InvalidRequest`, naming the field and what was wanted
 * @see Images API v2, "Create task"
 */
export function parseTaskOrder({ type, input }: JsonObject): TaskOrderDocument {
  if (type !== 'import') throw invalid('type: must be import.');
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw invalid('input: an object is wanted.');
  }
  const given = input as JsonObject;
  if (JSON.stringify(given).length > maxInput) {
    throw invalid(`input: at most ${maxInput} characters are wanted.`);
  }
  for (const name of ['import_from', 'import_from_format']) {
    const value = given[name];
    if (value !== undefined && typeof value !== 'string') {
      throw invalid(`input.${name}: text is wanted.`);
    }
  }
  const properties = given['image_properties'];
  if (properties === undefined) return { type, input: given };
  if (typeof properties !== 'object' || properties === null || Array.isArray(properties)) {
    throw invalid('input.image_properties: an object is wanted.');
  }
  return { type, input: given };
}

function invalid(message: string): DomainError {
  return new DomainError('InvalidRequest', message);
}

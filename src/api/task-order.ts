import { DomainError } from '../domain/errors.ts';
import type { OrderedTaskType } from '../domain/task.ts';
import type { JsonObject } from './json-body.ts';

/** A task as a caller asks for it. */
export interface TaskOrderDocument {
  readonly type: OrderedTaskType;
  readonly input: JsonObject;
}

/** What of an input is text. */
const texts = [
  'import_from',
  'import_from_format',
  'image_uuid',
  'receiving_swift_container',
] as const;

/** Characters of what tasks are told, as JSON: it is kept, and shown again. */
const maxInput = 65_536;

/**
 * Reads the body by which a task is ordered. What is missing of its input is told by the task, as Glance does.
 *
 * @throws DomainError `InvalidRequest`, naming the field and what was wanted
 * @see Images API v2, "Create task"
 */
export function parseTaskOrder(
  { type: given, input: told }: JsonObject,
  types: readonly OrderedTaskType[],
): TaskOrderDocument {
  const type = types.find((one) => one === given);
  if (!type) throw invalid(`type: must be ${types.join(' or ')}.`);
  return { type, input: inputOf(told) };
}

function inputOf(input: unknown): JsonObject {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw invalid('input: an object is wanted.');
  }
  const given = input as JsonObject;
  if (JSON.stringify(given).length > maxInput) {
    throw invalid(`input: at most ${maxInput} characters are wanted.`);
  }
  for (const name of texts) {
    const value = given[name];
    if (value !== undefined && typeof value !== 'string') {
      throw invalid(`input.${name}: text is wanted.`);
    }
  }
  const properties = given['image_properties'];
  if (properties === undefined) return given;
  if (typeof properties !== 'object' || properties === null || Array.isArray(properties)) {
    throw invalid('input.image_properties: an object is wanted.');
  }
  return given;
}

function invalid(message: string): DomainError {
  return new DomainError('InvalidRequest', message);
}

import { DomainError } from './errors.ts';
import { isObjectPath } from './object-path.ts';
import type { OrderedTaskType } from './task.ts';

/** What a task of type `import` is to make of what. */
export interface TaskInput {
  readonly from: string;
  /** Whether that is an object of the caller's, and no URL. */
  readonly isObject: boolean;
  /** The properties of a new image; without a disk format where the data is to tell it. */
  readonly properties: Readonly<Record<string, unknown>>;
}

const wanted = ['import_from', 'import_from_format', 'image_properties'] as const;

/**
 * The first that is missing of the input of a task; an object needs no more than its path.
 *
 * @param takesObjects whether callers may name objects
 */
export function missingInput(
  input: Readonly<Record<string, unknown>>,
  takesObjects: boolean,
): string | undefined {
  const missing = wanted.find((name) => input[name] === undefined);
  return missing !== 'import_from' && takesObjects && isObjectPath(String(input['import_from']))
    ? undefined
    : missing;
}

/**
 * Whether a task asks an object store with the token of whoever orders it.
 *
 * @param takesObjects whether callers may name objects
 */
export function needsToken(
  type: OrderedTaskType,
  input: Readonly<Record<string, unknown>>,
  takesObjects: boolean,
): boolean {
  return takesObjects && (type === 'export' || isObjectPath(String(input['import_from'])));
}

/**
 * Reads the input of a task; the format is the image's unless its properties have one.
 *
 * @throws DomainError `InvalidRequest` for what is missing
 */
export function taskInput(
  input: Readonly<Record<string, unknown>>,
  takesObjects: boolean,
): TaskInput {
  const missing = missingInput(input, takesObjects);
  if (missing !== undefined) {
    throw new DomainError('InvalidRequest', `input.${missing}: is missing.`);
  }
  const { import_from_format: format, image_properties: properties } = input;
  const from = String(input['import_from']);
  return {
    from,
    isObject: takesObjects && isObjectPath(from),
    properties: {
      ...(format !== undefined && { disk_format: format }),
      container_format: 'bare',
      ...(properties as Readonly<Record<string, unknown>> | undefined),
    },
  };
}

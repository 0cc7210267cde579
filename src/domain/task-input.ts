import { DomainError } from './errors.ts';

/** What a task of type `import` is to make of what. */
export interface TaskInput {
  readonly from: string;
  /** The properties of a new image. */
  readonly properties: Readonly<Record<string, unknown>>;
}

const wanted = ['import_from', 'import_from_format', 'image_properties'] as const;

/**
 * Reads the input of a task; the format is the image's unless its properties have one.
 *
 * @throws DomainError `InvalidRequest` for what is missing
 */
export function taskInput(input: Readonly<Record<string, unknown>>): TaskInput {
  const missing = wanted.find((name) => input[name] === undefined);
  if (missing !== undefined) {
    throw new DomainError('InvalidRequest', `input.${missing}: is missing.`);
  }
  const properties = input['image_properties'] as Readonly<Record<string, unknown>>;
  return {
    from: String(input['import_from']),
    properties: {
      disk_format: input['import_from_format'],
      container_format: 'bare',
      ...properties,
    },
  };
}

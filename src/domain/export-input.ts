import { DomainError } from './errors.ts';
import { checkContainer } from './object-path.ts';

/** What a task of type `export` is to send where. */
export interface ExportInput {
  readonly imageId: string;
  readonly container: string;
}

/** @throws DomainError `InvalidRequest` for what is missing, or no container to send to */
export function exportInput(input: Readonly<Record<string, unknown>>): ExportInput {
  const { image_uuid: imageId, receiving_swift_container: container } = input;
  if (typeof imageId !== 'string') throw missing('image_uuid');
  if (typeof container !== 'string') throw missing('receiving_swift_container');
  checkContainer(container, 'input.receiving_swift_container');
  return { imageId, container };
}

function missing(name: string): DomainError {
  return new DomainError('InvalidRequest', `input.${name}: is missing.`);
}

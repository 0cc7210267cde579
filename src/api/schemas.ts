import { Compile } from 'typebox/schema';
import { DomainError } from '../domain/errors.ts';
import documents from './schema-documents.json' with { type: 'json' };

/** The documents of `GET /v2/schemas/*`, by path. @see Images API v2, "Image Schemas" */
export const schemaDocuments: Readonly<Record<string, object>> = documents;

const image = documents['/v2/schemas/image'];

/** Names that every image has or may have; any other name is a custom property. */
export const basePropertyNames: ReadonlySet<string> = new Set(
  Object.entries(image.properties)
    .filter(([, schema]) => !('is_base' in schema && schema.is_base === false))
    .map(([name]) => name),
);

const wholeImage = Compile(image);
const singleProperty = new Map(
  Object.entries(image.properties).map(([name, schema]) => [name, Compile(schema)]),
);
const customProperty = Compile(image.additionalProperties);

/**
 * Checks the body of a create call against the image schema.
 *
 * @throws DomainError `InvalidRequest`, naming the first property that does not fit and what it takes.
 */
export function checkImage(body: Readonly<Record<string, unknown>>): void {
  if (wholeImage.Check(body)) return;
  for (const [name, value] of Object.entries(body)) checkProperty(name, value);
}

/**
 * Checks one property, base or custom, against the image schema.
 *
 * @throws DomainError `InvalidRequest`, naming the property and what it takes.
 */
export function checkProperty(name: string, value: unknown): void {
  const validator = singleProperty.get(name) ?? customProperty;
  if (validator.Check(value)) return;
  const [, errors] = validator.Errors(value);
  const error = errors[0];
  const place = error?.instancePath ? ` (at ${error.instancePath})` : '';
  throw new DomainError(
    'InvalidRequest',
    `${label(name)}: ${wanted(name, error?.message)}${place}.`,
  );
}

function wanted(name: string, message = 'is not what the schema asks for'): string {
  const schema: object | undefined = Object.entries(image.properties).find(
    ([key]) => key === name,
  )?.[1];
  if (schema && 'enum' in schema && Array.isArray(schema.enum)) {
    return `must be one of ${schema.enum.map((value) => (value === null ? 'null' : value)).join(', ')}`;
  }
  return message;
}

/** A property's name for an error text, cut so that a hostile name does not fill the answer. */
export function label(name: string): string {
  return name.length > 80 ? `${name.slice(0, 80)}…` : name;
}

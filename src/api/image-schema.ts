import { Compile } from 'typebox/schema';
import { DomainError } from '../domain/errors.ts';
import type { JsonObject } from './json-body.ts';
import type { SchemaAdditions } from './schema-additions.ts';
import { label, schemaDocuments, standardImage, standardImages } from './schemas.ts';

/** What properties an image may have: the API's own, documented ones, and any others as text. */
export interface ImageSchema {
  /** The documents of `GET /v2/schemas/*`, by path. */
  readonly documents: Readonly<Record<string, object>>;
  /**
   * Checks the body of a create call.
   *
   * @throws DomainError `InvalidRequest`, naming the first property that does not fit and what it takes.
   */
  checkImage(body: JsonObject): void;
  /**
   * Checks one property, base or custom.
   *
   * @throws DomainError `InvalidRequest`, naming the property and what it takes.
   */
  checkProperty(name: string, value: unknown): void;
  /** @throws DomainError `InvalidRequest` for a property that every image must have. */
  checkRemoval(name: string): void;
}

/** The schema of the API with what an operator adds to it. */
export function imageSchemaWith({ properties, required }: SchemaAdditions): ImageSchema {
  const known: Readonly<Record<string, object>> = { ...standardImage.properties, ...properties };
  const demanded = required.length > 0 && { required };
  const image = { ...standardImage, properties: known, ...demanded };
  const wholeImage = Compile(image);
  const single = new Map(
    Object.entries(known).map(([name, schema]) => [name, { schema, validator: Compile(schema) }]),
  );
  const custom = { schema: standardImage.additionalProperties, validator: customProperty };

  function checkProperty(name: string, value: unknown): void {
    const { schema, validator } = single.get(name) ?? custom;
    if (validator.Check(value)) return;
    const [error] = validator.Errors(value)[1];
    const place = error?.instancePath ? ` (at ${error.instancePath})` : '';
    throw invalid(`${label(name)}: ${wanted(schema, error?.message)}${place}.`);
  }

  return {
    documents: documentsWith(image),

    checkImage(body) {
      if (wholeImage.Check(body)) return;
      for (const [name, value] of Object.entries(body)) checkProperty(name, value);
      const missing = required.find((name) => !Object.hasOwn(body, name));
      if (missing !== undefined) throw invalid(`${label(missing)}: is required.`);
    },

    checkProperty,

    checkRemoval(name) {
      if (!required.includes(name)) return;
      throw invalid(`${label(name)}: is required and cannot be removed.`);
    },
  };
}

const customProperty = Compile(standardImage.additionalProperties);

/** A list may hold images that were made before a property was required. */
function documentsWith(image: { readonly properties: object }): ImageSchema['documents'] {
  const images = standardImages;
  const items = { ...images.properties.images.items, properties: image.properties };
  const list = { ...images.properties.images, items };
  return {
    ...schemaDocuments,
    '/v2/schemas/image': image,
    '/v2/schemas/images': { ...images, properties: { ...images.properties, images: list } },
  };
}

function wanted(schema: object, message = 'is not what the schema asks for'): string {
  if (!('enum' in schema) || !Array.isArray(schema.enum)) return message;
  return `must be one of ${schema.enum.map((value) => (value === null ? 'null' : value)).join(', ')}`;
}

function invalid(message: string): DomainError {
  return new DomainError('InvalidRequest', message);
}

/** The schema of the API alone. */
export const standardImageSchema: ImageSchema = imageSchemaWith({ properties: {}, required: [] });

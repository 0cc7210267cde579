import documents from './schema-documents.json' with { type: 'json' };

/** The documents of `GET /v2/schemas/*`, by path, as the API has them. @see Images API v2, "Image Schemas" */
export const schemaDocuments: Readonly<Record<string, object>> = documents;

/** The schema of an image, to which an operator may add. */
export const standardImage = documents['/v2/schemas/image'];

/** The schema of a list of images. */
export const standardImages = documents['/v2/schemas/images'];

/** Names that every image has or may have; any other name is a custom property. */
export const basePropertyNames: ReadonlySet<string> = new Set(
  Object.entries(standardImage.properties)
    .filter(([, schema]) => !('is_base' in schema && schema.is_base === false))
    .map(([name]) => name),
);

/** A property's name for an error text, cut so that a hostile name does not fill the answer. */
export function label(name: string): string {
  return name.length > 80 ? `${name.slice(0, 80)}…` : name;
}

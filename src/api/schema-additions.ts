import { Type } from 'typebox';
import { Compile } from 'typebox/schema';
import { isSettable } from './image-settings.ts';
import { isReserved, maxNameLength } from './reserved-names.ts';
import { basePropertyNames, label, standardImage } from './schemas.ts';

/** What an operator adds to the schema of images. @see Glance, `schema-image.json` */
export interface SchemaAdditions {
  /** The JSON schema of each documented property; a custom one, so its value is text. */
  readonly properties: Readonly<Record<string, object>>;
  /** Properties that a create call must give. */
  readonly required: readonly string[];
}

const text = Type.Literal('string');
const nothing = Type.Literal('null');

/** Patterns are left out: a slip in one would let callers stop the service with a long value. */
const propertySchema = Compile(
  Type.Object(
    {
      type: Type.Union([text, Type.Tuple([text, nothing]), Type.Tuple([nothing, text])]),
      description: Type.Optional(Type.String()),
      enum: Type.Optional(Type.Array(Type.Union([Type.String(), Type.Null()]), { minItems: 1 })),
      minLength: Type.Optional(Type.Integer({ minimum: 0 })),
      maxLength: Type.Optional(Type.Integer({ minimum: 0 })),
      is_base: Type.Optional(Type.Literal(false)),
    },
    { additionalProperties: false },
  ),
);

/**
 * Reads what an operator adds to the schema of images.
 *
 * @param tell told of everything that is wrong
 */
export function parseSchemaAdditions(
  parts: Readonly<Record<string, unknown>>,
  tell: (problem: string) => void,
): SchemaAdditions {
  for (const key of Object.keys(parts)) {
    if (key !== 'properties' && key !== 'required') {
      tell(`${key}: is not known here; there are properties and required`);
    }
  }
  const properties = parseProperties(parts['properties'] ?? {}, tell);
  return { properties, required: parseRequired(parts['required'] ?? [], properties, tell) };
}

function parseProperties(
  value: unknown,
  tell: (problem: string) => void,
): Readonly<Record<string, object>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    tell('properties: a mapping of names to schemas is wanted');
    return {};
  }
  const properties: Record<string, object> = {};
  for (const [name, schema] of Object.entries(value)) {
    const problem = nameProblem(name) ?? schemaProblem(schema);
    if (problem !== undefined) tell(`properties.${label(name)}: ${problem}`);
    properties[name] = { ...schema, is_base: false };
  }
  return properties;
}

function nameProblem(name: string): string | undefined {
  if (basePropertyNames.has(name)) return 'is a property of the API itself';
  if (isReserved(name)) return 'is a reserved name';
  if (name !== '' && name.length <= maxNameLength) return undefined;
  return `a name has 1 to ${maxNameLength} characters`;
}

function schemaProblem(schema: unknown): string | undefined {
  if (propertySchema.Check(schema)) return undefined;
  return 'type (string, or string and null) is wanted, and beside it only description, enum, minLength and maxLength';
}

function parseRequired(
  value: unknown,
  properties: SchemaAdditions['properties'],
  tell: (problem: string) => void,
): readonly string[] {
  if (!Array.isArray(value) || !value.every((name) => typeof name === 'string')) {
    tell('required: a list of names is wanted');
    return [];
  }
  for (const name of value) {
    if (!isGiven(name, properties))
      tell(`required: ${label(name)} is no property that callers give`);
  }
  return value;
}

function isGiven(name: string, properties: SchemaAdditions['properties']): boolean {
  if (basePropertyNames.has(name)) return isSettable(name);
  return Object.hasOwn(properties, name) || Object.hasOwn(standardImage.properties, name);
}

import type { Static, TObject, TSchema } from 'typebox';
import { Compile, type Validator } from 'typebox/schema';
import { DomainError } from '../../domain/errors.ts';
import { label } from '../schemas.ts';

export type Method = 'GET' | 'HEAD' | 'OPTIONS' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** The names in braces of a path. */
type ParametersOf<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? Name | ParametersOf<Rest>
  : never;

/** What each name in a path stands for, as it was sent. */
export type PathParameters<Path extends string> = Readonly<Record<ParametersOf<Path>, string>>;

/**
 * A call of Vitrine's own API: what it takes and answers, said once. Requests are checked by it, and the
 * document of the API is made of it.
 */
export interface Operation<
  Path extends string = string,
  Query extends TObject = TObject,
  Body extends TSchema = TSchema,
  Answer extends TSchema = TSchema,
> {
  readonly id: string;
  readonly method: Method;
  /** With its parameters in braces. */
  readonly path: Path;
  readonly tag: string;
  readonly summary: string;
  readonly query?: Query;
  /** What its headers say beside those of every call. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Body;
  /** The type of a body that is no JSON, of any length. */
  readonly contentType?: string;
  /** What success is answered with; 204 without an answer. */
  readonly status?: 200 | 201 | 202;
  readonly answer?: Answer;
}

/** An operation, with its types. */
export function operation<
  const Path extends string,
  Query extends TObject,
  Body extends TSchema,
  Answer extends TSchema,
>(given: Operation<Path, Query, Body, Answer>): Operation<Path, Query, Body, Answer> {
  return given;
}

/** Reads values of one shape; what a value says is never repeated. @throws DomainError `InvalidRequest` */
export type Reader<T extends TSchema> = (value: unknown) => Static<T>;

/** A reader, which is made when it is first needed: there are many, and a start should not wait for them. */
export function readerOf<T extends TSchema>(schema: T): Reader<T> {
  let validator: Validator | undefined;
  return (value) => {
    validator ??= Compile(schema);
    if (validator.Check(value)) return value as Static<T>;
    throw new DomainError('InvalidRequest', wordsOf(validator.Errors(value)[1], schema));
  };
}

type ErrorList = ReturnType<Validator['Errors']>[1];

/** What is wrong first, by the name of its field. */
function wordsOf(errors: ErrorList, schema: TSchema): string {
  const unknown = errors.find(({ keyword }) => keyword === 'additionalProperties');
  // Of a value that may be several things, the first of them tells most.
  const first = unknown ?? errors[0];
  if (!first) return 'The request is not valid.';
  const field = first.instancePath.slice(1).replaceAll('/', '.');
  const within = field === '' ? '' : `${label(field)}.`;
  const { keyword, params, message } = first;
  if (keyword === 'additionalProperties') {
    return `${within}${params.additionalProperties.map(label).join(', ')}: is not known here.`;
  }
  if (keyword === 'required') return `${within}${params.requiredProperties.join(', ')}: is wanted.`;
  if (keyword === 'minProperties' && field === '') {
    return `At least one of ${propertiesOf(schema).join(', ')} is wanted.`;
  }
  const name = field === '' ? 'The request' : label(field);
  if (keyword === 'enum') return `${name}: one of ${params.allowedValues.join(', ')} is wanted.`;
  if (keyword === 'format') return `${name}: a ${params.format} is wanted.`;
  if (keyword === 'pattern') return `${name}: has characters that are not taken here.`;
  return `${name}: ${message}.`;
}

function propertiesOf(schema: TSchema): string[] {
  return 'properties' in schema ? Object.keys(Object(schema.properties)) : [];
}

/**
 * A reader of query strings, whose numbers and flags are text on the wire.
 *
 * @throws DomainError `InvalidRequest`, naming the parameter
 */
export function queryReaderOf<T extends TObject>(schema: T): (query: URLSearchParams) => Static<T> {
  const read = readerOf(schema);
  const kinds = schema.properties as Readonly<Record<string, { readonly type?: string }>>;
  return (query) => {
    const values: Record<string, unknown> = {};
    for (const [name, text] of query) {
      values[name] = valueFrom(Object.hasOwn(kinds, name) ? kinds[name]?.type : undefined, text);
    }
    return read(values);
  };
}

function valueFrom(type: string | undefined, text: string): unknown {
  if (type === 'integer' && /^-?\d{1,15}$/.test(text)) return Number(text);
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}

import { type TSchema, Type } from 'typebox';
import { DomainError } from '../../domain/errors.ts';

/** Text for people, without characters that steer a terminal; lines may be broken. */
const printable = '^[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f]*$';

/** A note to people. */
export const NoteText = Type.String({ maxLength: 1000, pattern: printable });

/** One line for people. */
export const LineText = Type.String({
  minLength: 1,
  maxLength: 255,
  pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f]*$',
});

/** The id of a project. */
export const ProjectText = Type.String({ minLength: 1, maxLength: 255, pattern: '^[^\\u0000]*$' });

/** The id of an image as it is typed. */
export const ImageId = Type.String({ minLength: 1, maxLength: 255, pattern: '^[^\\u0000]*$' });

/** A time, ISO 8601 with its zone. */
export const Time = Type.String({ format: 'date-time', maxLength: 40 });

/** Something, or null for nothing. */
export function nullable<T extends TSchema>(schema: T) {
  return Type.Union([schema, Type.Null()]);
}

/** What an owner says of a share. */
export const Terms = Type.Object(
  { note: Type.Optional(nullable(NoteText)), expires_at: Type.Optional(nullable(Time)) },
  { additionalProperties: false },
);

/** A project with its name, where it is known. */
export const NamedProject = Type.Object({
  id: nullable(Type.String()),
  name: nullable(Type.String()),
});

/** What part of a list is asked for. */
export const pageQuery = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500 })),
  marker: Type.Optional(Type.String({ minLength: 1, maxLength: 255 })),
} as const;

/** The marker of the page behind this one; left out on the last. */
export const nextMarker = Type.Optional(Type.String());

/** How many things a page holds when nobody says. */
export const defaultLimit = 50;

/** Reads a time; null for none. @throws DomainError `InvalidRequest` */
export function timeFrom(field: string, text: string | null | undefined): Date | null {
  if (text === null || text === undefined) return null;
  const at = new Date(text);
  if (!Number.isNaN(at.getTime())) return at;
  const wanted = 'a time with its zone is wanted, such as 2030-01-31T12:00:00Z.';
  throw new DomainError('InvalidRequest', `${field}: ${wanted}`);
}

import { DomainError } from '../domain/errors.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });

/** A JSON object whose members have not been looked at. */
export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Reads a JSON body: an object or a list, of text that the service can keep.
 *
 * @throws DomainError `InvalidRequest` for no body, bytes that are not UTF-8, malformed JSON, a bare
 *   value, or text with characters above U+FFFF or half of one.
 */
export function parseJsonBody(bytes: Uint8Array | undefined): JsonObject | readonly unknown[] {
  if (!bytes || bytes.length === 0) {
    throw new DomainError('InvalidRequest', 'The request has no body; a JSON object is wanted.');
  }
  const value = parse(decode(bytes));
  if (typeof value !== 'object' || value === null) {
    throw new DomainError('InvalidRequest', 'The body must be a JSON object or list.');
  }
  return value as JsonObject | readonly unknown[];
}

/**
 * Reads a JSON body that must be an object.
 *
 * @throws DomainError `InvalidRequest` as `parseJsonBody` does, and for a list.
 */
export function parseJsonObject(bytes: Uint8Array | undefined): JsonObject {
  const value = parseJsonBody(bytes);
  if (Array.isArray(value)) {
    throw new DomainError('InvalidRequest', 'The body must be a JSON object, not a list.');
  }
  return value as JsonObject;
}

function decode(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw new DomainError('InvalidRequest', 'The body is not valid UTF-8.', { cause });
  }
}

function parse(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new DomainError('InvalidRequest', 'The body is malformed JSON.', { cause });
  }
  // Only text that holds a surrogate, or an escape that may spell one, can hold such a character.
  if (!/[\ud800-\udfff]|\\u[dD][89a-fA-F]/.test(text)) return value;
  if (Array.isArray(value) || typeof value !== 'object' || value === null) {
    checkText(value, 'The body');
  } else {
    for (const [name, member] of Object.entries(value)) {
      checkCharacters(name, 'A name in the body');
      checkText(member, name.slice(0, 80));
    }
  }
  return value;
}

/** Walks without recursion: the depth of the body is the sender's choice. */
function checkText(root: unknown, where: string): void {
  const waiting: unknown[] = [root];
  while (waiting.length > 0) {
    const value = waiting.pop();
    if (typeof value === 'string') checkCharacters(value, where);
    else if (typeof value === 'object' && value !== null) {
      for (const [name, member] of Object.entries(value)) waiting.push(name, member);
    }
  }
}

/**
 * Refuses characters above U+FFFF and halves of one, as Glance's database does.
 *
 * @throws DomainError `InvalidRequest`, naming `where`.
 */
export function checkCharacters(text: string, where: string): void {
  if (/[\ud800-\udfff]/.test(text)) {
    throw new DomainError(
      'InvalidRequest',
      `${where}: has a character above U+FFFF (4 bytes in UTF-8), which is not supported.`,
    );
  }
}

import { ObjectServerFailure } from '../object/failure.ts';
import type { SwiftClient } from './swift-client.ts';

/** An object as the listing of a container names it. */
interface ListedName {
  readonly name: string;
  /** Of the manifest itself, with servers that do not sum up what it names. */
  readonly bytes?: number;
  /** ISO 8601, UTC without saying so. */
  readonly last_modified?: string;
}

/** The objects in the container whose names begin with `prefix`, in order. @throws ObjectServerFailure */
export async function* listObjects(
  client: SwiftClient,
  { prefix, delimiter }: { readonly prefix: string; readonly delimiter?: string },
): AsyncGenerator<ListedName> {
  for (let marker: string | undefined = ''; marker !== undefined; ) {
    const query = { format: 'json', prefix, marker, ...(delimiter !== undefined && { delimiter }) };
    const request = { what: 'list the container', method: 'GET', path: '', query } as const;
    const { text } = await client.ask({ ...request, expected: [200, 204] });
    const entries: readonly Entry[] = entriesOf(text);
    for (const entry of entries) if (entry.name !== undefined) yield { ...entry, name: entry.name };
    const last: Entry | undefined = entries.at(-1);
    marker = last?.name ?? last?.subdir;
  }
}

/** The names in the container that begin with `prefix`, in order. @throws ObjectServerFailure */
export async function* listNames(client: SwiftClient, prefix: string): AsyncGenerator<string> {
  for await (const { name } of listObjects(client, { prefix })) yield name;
}

/** An object, or what names have in common up to a delimiter. */
interface Entry extends Partial<ListedName> {
  readonly subdir?: string;
}

function entriesOf(text: string): readonly Entry[] {
  try {
    return text === '' ? [] : JSON.parse(text);
  } catch {
    throw new ObjectServerFailure('Unavailable', 'The listing of the container is no JSON.');
  }
}

import { ObjectServerFailure } from '../object/failure.ts';
import type { SwiftClient } from './swift-client.ts';

/** The names in the container that begin with `prefix`, in order. @throws ObjectServerFailure */
export async function* listNames(client: SwiftClient, prefix: string): AsyncGenerator<string> {
  for (let marker: string | undefined = ''; marker !== undefined; ) {
    const query = { format: 'json', prefix, marker };
    const request = { what: 'list the container', method: 'GET', path: '', query } as const;
    const { text } = await client.ask({ ...request, expected: [200, 204] });
    const names: readonly string[] = namesOf(text);
    yield* names;
    marker = names.at(-1);
  }
}

function namesOf(text: string): readonly string[] {
  try {
    const entries: readonly { readonly name: string }[] = text === '' ? [] : JSON.parse(text);
    return entries.map(({ name }) => name);
  } catch {
    throw new ObjectServerFailure('Unavailable', 'The listing of the container is no JSON.');
  }
}

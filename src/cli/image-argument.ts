import { listImages } from '../client/images.ts';
import type { Session } from '../client/session.ts';
import { CommandError } from './command-error.ts';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The id of an image that was given by its id or its name. @throws CommandError for none, or several */
export async function imageIdOf(session: Session, given: string): Promise<string> {
  if (uuid.test(given)) return given;
  const ids: string[] = [];
  for await (const { id } of listImages(session, { name: given })) ids.push(id);
  const [only, another] = ids;
  if (only !== undefined && another === undefined) return only;
  throw new CommandError(
    only === undefined
      ? `There is no image ${given} here.`
      : `${ids.length} images are called ${given}; give the id of one: ${ids.slice(0, 5).join(', ')}.`,
  );
}

import { randomUUID } from 'node:crypto';

/** The settings of a bucket or container: each service must have one for itself. */
const places = ['VITRINE_S3_STORE_BUCKET', 'VITRINE_SWIFT_STORE_CONTAINER'];

/** Where services under test keep their images, as settings: in files, unless the run wants it otherwise. */
export function storeEnvironment(): Readonly<Record<string, string>> {
  const { VITRINE_TEST_STORE: given } = process.env;
  if (given === undefined) return {};
  const settings: Readonly<Record<string, string>> = JSON.parse(given);
  return Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [
      name,
      places.includes(name) ? `${value}-${randomUUID()}` : value,
    ]),
  );
}

import type { FastifyInstance } from 'fastify';
import { listReaders, readersDocument } from '../../api/vitrine/readers.ts';
import type { Readers } from '../../service/readers.ts';
import { routeOperation } from './operations.ts';
import { plainPath } from './plain-path.ts';

/** Who can read an image. */
export function readerRoutes(app: FastifyInstance, readers: Readers): void {
  routeOperation(app, listReaders, async ({ caller, path }) =>
    readersDocument(await readers.of(caller, plainPath(path).imageId)),
  );
}

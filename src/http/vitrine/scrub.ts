import type { FastifyInstance } from 'fastify';
import {
  dataStateDocument,
  scrubDocument,
  scrubImage,
  showScrub,
} from '../../api/vitrine/scrub.ts';
import type { Verification } from '../../service/verification.ts';
import { routeOperation } from './operations.ts';

/** How the data of images is; for admins. */
export function scrubRoutes(app: FastifyInstance, verification: Verification): void {
  routeOperation(app, showScrub, async ({ caller }) =>
    scrubDocument(await verification.status(caller)),
  );
  routeOperation(app, scrubImage, async ({ caller, path }) =>
    dataStateDocument(path.imageId, await verification.look(caller, path.imageId)),
  );
}

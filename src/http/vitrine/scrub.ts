import type { FastifyInstance } from 'fastify';
import { scrubDocument, showScrub } from '../../api/vitrine/scrub.ts';
import type { Verification } from '../../service/verification.ts';
import { routeOperation } from './operations.ts';

/** How the data of images is; for admins. */
export function scrubRoutes(app: FastifyInstance, verification: Verification): void {
  routeOperation(app, showScrub, async ({ caller }) =>
    scrubDocument(await verification.status(caller)),
  );
}

import type { FastifyInstance } from 'fastify';
import { lineDocument, showShareLog } from '../../api/vitrine/share-log.ts';
import type { ShareLogs } from '../../service/share-logs.ts';
import { routeOperation } from './operations.ts';

/** Lines on a page when nobody says. */
const defaultLines = 1000;

/** What happened to the shares of an image. */
export function shareLogRoutes(app: FastifyInstance, shareLogs: ShareLogs): void {
  routeOperation(app, showShareLog, async ({ caller, path, query }) => {
    const { after = 0, limit = defaultLines } = query;
    const { lines, isWhole } = await shareLogs.list(caller, path.imageId, { after, limit });
    return { image_id: path.imageId, whole: isWhole, lines: lines.map(lineDocument) };
  });
}

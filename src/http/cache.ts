import type { FastifyInstance } from 'fastify';
import {
  cachedImagesDocument,
  parseClearTarget,
  queuedImagesDocument,
} from '../api/cache-document.ts';
import type { ImageCacheControl } from '../service/image-cache.ts';
import { refuseBody } from './body.ts';
import { sendJson } from './reply.ts';

interface ImageParams {
  Params: { imageId: string };
}

const empty = { onRequest: refuseBody };

/** The cache of the machine that is asked; for admins. @see Images API v2, "Cache" */
export function cacheRoutes(app: FastifyInstance, cache: ImageCacheControl): void {
  app.get('/v2/cache', empty, async ({ caller }, reply) => {
    const state = cache.state(caller);
    return sendJson(reply, 200, { ...cachedImagesDocument(state), ...queuedImagesDocument(state) });
  });

  app.delete('/v2/cache', empty, async ({ caller, headers }, reply) => {
    // Whoever may not clear it is told so before anything that is wrong with the header.
    cache.state(caller, 'cache_delete');
    await cache.clear(caller, parseClearTarget(headers['x-image-cache-clear-target']));
    return reply.code(204).send();
  });

  app.put<ImageParams>('/v2/cache/:imageId', empty, async ({ caller, params }, reply) => {
    await cache.enqueue(caller, params.imageId);
    return reply.code(202).send();
  });

  app.delete<ImageParams>('/v2/cache/:imageId', empty, async ({ caller, params }, reply) => {
    await cache.remove(caller, params.imageId);
    return reply.code(204).send();
  });

  app.post('/v2/cache/clean', empty, async ({ caller }, reply) => {
    await cache.clean(caller);
    return reply.code(200).send();
  });

  app.post('/v2/cache/prune', empty, async ({ caller }, reply) => {
    const { files, bytes } = await cache.prune(caller);
    return sendJson(reply, 200, { total_files_pruned: files, total_bytes_pruned: bytes });
  });

  app.get<ImageParams>('/v2/cache/nodes/:imageId', empty, async ({ caller, params }) =>
    cache.nodes(caller, params.imageId),
  );
}

/** The same as older tools ask for it. */
export function olderCacheRoutes(app: FastifyInstance, cache: ImageCacheControl): void {
  const action = 'manage_image_cache';

  app.get('/v2/cached_images', empty, async ({ caller }, reply) =>
    sendJson(reply, 200, cachedImagesDocument(cache.state(caller, action))),
  );

  app.delete('/v2/cached_images', empty, async ({ caller }, reply) => {
    const removed = await cache.clear(caller, ['cache'], action);
    return sendJson(reply, 200, { num_deleted: removed.cache });
  });

  app.delete<ImageParams>(
    '/v2/cached_images/:imageId',
    empty,
    async ({ caller, params }, reply) => {
      await cache.removeFrom(caller, 'cache', params.imageId);
      return reply.code(200).send();
    },
  );

  app.get('/v2/queued_images', empty, async ({ caller }, reply) =>
    sendJson(reply, 200, queuedImagesDocument(cache.state(caller, action))),
  );

  app.delete('/v2/queued_images', empty, async ({ caller }, reply) => {
    const removed = await cache.clear(caller, ['queue'], action);
    return sendJson(reply, 200, { num_deleted: removed.queue });
  });

  app.put<ImageParams>('/v2/queued_images/:imageId', empty, async ({ caller, params }, reply) => {
    await cache.enqueue(caller, params.imageId, action);
    return reply.code(200).send();
  });

  app.delete<ImageParams>(
    '/v2/queued_images/:imageId',
    empty,
    async ({ caller, params }, reply) => {
      await cache.removeFrom(caller, 'queue', params.imageId);
      return reply.code(200).send();
    },
  );
}

import type { FastifyInstance } from 'fastify';
import type { PageSizes } from '../api/image-query.ts';
import { imageTasksDocument, taskDocument, taskListDocument } from '../api/task-document.ts';
import { parseTaskQuery } from '../api/task-query.ts';
import type { Tasks } from '../service/tasks.ts';
import { refuseBody } from './body.ts';
import { sendError } from './error-handler.ts';
import { queryOf, sendJson } from './reply.ts';

export interface TaskRoutesOptions {
  readonly tasks: Tasks;
  readonly pageSizes: PageSizes;
}

interface TaskParams {
  Params: { taskId: string };
}

/** Work that goes on after its request is answered. @see Images API v2, "Tasks" */
export function taskRoutes(app: FastifyInstance, { tasks, pageSizes }: TaskRoutesOptions): void {
  app.get('/v2/tasks', async (request, reply) => {
    // Who may not ask is not told what is wrong with the question.
    tasks.demandAccess(request.caller);
    const parameters = queryOf(request);
    const page = await tasks.list(request.caller, parseTaskQuery(parameters, pageSizes));
    return sendJson(reply, 200, taskListDocument(page, parameters));
  });

  app.get<TaskParams>('/v2/tasks/:taskId', async (request, reply) => {
    const task = await tasks.show(request.caller, request.params.taskId);
    return sendJson(reply, 200, taskDocument(task));
  });

  app.delete<TaskParams>('/v2/tasks/:taskId', async (request, reply) => {
    tasks.demandAccess(request.caller);
    reply.header('allow', 'GET');
    sendError(request, reply, 405, 'A task is not deleted; it goes when its time is over.');
    return reply;
  });
}

interface ImageParams {
  Params: { imageId: string };
}

/** The tasks for an image. Glance's router has no 405 for this path. */
export function imageTaskRoutes(app: FastifyInstance, tasks: Tasks): void {
  app.get<ImageParams>(
    '/v2/images/:imageId/tasks',
    { onRequest: refuseBody },
    async (request, reply) => {
      const found = await tasks.ofImage(request.caller, request.params.imageId);
      return sendJson(reply, 200, imageTasksDocument(found));
    },
  );
}

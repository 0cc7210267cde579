import type { FastifyInstance } from 'fastify';
import type { PageSizes } from '../api/image-query.ts';
import { parseJsonObject } from '../api/json-body.ts';
import { imageTasksDocument, taskDocument, taskListDocument } from '../api/task-document.ts';
import { parseTaskOrder } from '../api/task-order.ts';
import { parseTaskQuery } from '../api/task-query.ts';
import type { TaskOrders } from '../service/task-orders.ts';
import type { Tasks } from '../service/tasks.ts';
import { tokenOf } from './authentication.ts';
import { bodyOf, refuseBody } from './body.ts';
import { sendError } from './error-handler.ts';
import { baseUrl, queryOf, sendJson } from './reply.ts';

export interface TaskRoutesOptions {
  readonly tasks: Tasks;
  readonly taskOrders: TaskOrders;
  readonly publicEndpoint: string | undefined;
  readonly pageSizes: PageSizes;
}

interface TaskParams {
  Params: { taskId: string };
}

/** Work that goes on after its request is answered. @see Images API v2, "Tasks" */
export function taskRoutes(app: FastifyInstance, options: TaskRoutesOptions): void {
  const { tasks, taskOrders, pageSizes: sizes, publicEndpoint } = options;
  const { types } = taskOrders;

  app.post('/v2/tasks', async (request, reply) => {
    // Who may not order any is not told what is wrong with the order.
    tasks.demandAccess(request.caller);
    const order = parseTaskOrder(parseJsonObject(bodyOf(request)), types);
    const task = await taskOrders.create(request.caller, {
      ...order,
      requestId: request.id,
      token: tokenOf(request.headers),
    });
    reply.header('location', `${baseUrl(request, publicEndpoint)}/v2/tasks/${task.id}`);
    return sendJson(reply, 201, taskDocument(task));
  });

  app.get('/v2/tasks', async (request, reply) => {
    // Who may not ask is not told what is wrong with the question.
    tasks.demandAccess(request.caller);
    const parameters = queryOf(request);
    const page = await tasks.list(request.caller, parseTaskQuery(parameters, { sizes, types }));
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

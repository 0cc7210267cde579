import { callService } from './image-calls.ts';
import type { RunningService } from './running-service.ts';

/** Asks for what is below `/vitrine/v1/`. */
export async function callVitrine(
  service: RunningService,
  method: string,
  path: string,
  body?: object,
  user = 'consumer',
) {
  const text = body && JSON.stringify(body);
  const reply = await callService(service, {
    ...{ method, user, path: `/vitrine/v1/${path}` },
    ...(text !== undefined && { body: text }),
  });
  const { status, headers } = reply;
  const json = /json/.test(headers['content-type'] ?? '') ? JSON.parse(String(reply.body)) : {};
  return { status, json, text: String(reply.body) };
}

import type { CallerName, ProjectName } from './callers.ts';
import type { Answer, TestService } from './service.ts';

export const patchType = {
  'content-type': 'application/openstack-images-v2.1-json-patch',
} as const;

export const oldPatchType = {
  'content-type': 'application/openstack-images-v2.0-json-patch',
} as const;

export const dataType = { 'content-type': 'application/octet-stream' } as const;

/** An image in the words of the wire, as a create call answered it. */
export interface CreatedImage {
  readonly id: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests read whatever property they set.
  readonly [name: string]: any;
}

/** Creates an image of the producer (or of another caller) that no other test knows. */
export async function createImage(
  service: TestService,
  properties: Readonly<Record<string, unknown>> = {},
  caller: CallerName = 'producer',
): Promise<CreatedImage> {
  const body = { disk_format: 'raw', container_format: 'bare', ...properties };
  return expectStatus(await service.call(caller, 'POST', '/v2/images', body), 201).json;
}

/** Creates an image with data. */
export async function createActiveImage(
  service: TestService,
  data: string | Uint8Array = '12345',
  properties: Readonly<Record<string, unknown>> = {},
): Promise<CreatedImage> {
  const { id } = await createImage(service, properties);
  expectStatus(
    await service.call('admin', 'PUT', `/v2/images/${id}/file`, Buffer.from(data), dataType),
    204,
  );
  return (await service.call('admin', 'GET', `/v2/images/${id}`)).json;
}

/** Shares an image with a project, which gives `status` as its answer. */
export async function share(
  service: TestService,
  imageId: string,
  project: ProjectName,
  status: 'pending' | 'accepted' | 'rejected' = 'pending',
): Promise<void> {
  const member = service.projects[project];
  const path = `/v2/images/${imageId}/members`;
  expectStatus(await service.call('admin', 'POST', path, { member }), 200);
  if (status === 'pending') return;
  expectStatus(await service.call('admin', 'PUT', `${path}/${member}`, { status }), 200);
}

/** Changes an image by JSON Patch. */
export function patch(
  service: TestService,
  imageId: string,
  operations: unknown,
  caller: CallerName = 'producer',
): Promise<Answer> {
  return service.call(caller, 'PATCH', `/v2/images/${imageId}`, operations, patchType);
}

/** The answer, if it is the one that the test needs to go on. */
export function expectStatus(answer: Answer, status: number): Answer {
  if (answer.status === status) return answer;
  throw new Error(`${status} was expected, not ${answer.status}: ${answer.text}`);
}

/** How many answers have each status. */
export function countByStatus(answers: readonly Answer[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

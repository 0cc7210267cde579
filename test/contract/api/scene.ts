import { randomUUID } from 'node:crypto';
import type { CallerName, ProjectName } from '../../support/callers.ts';
import type { Answer, Headers } from '../../support/service.ts';
import { All, InAnyOrder, Matcher } from './matching.ts';

/** A service that the contract is held against, with the callers that the rows name. */
export interface Target {
  readonly url: string;
  readonly projects: Readonly<Record<ProjectName, string>>;
  call(
    caller: CallerName,
    method: string,
    path: string,
    body?: unknown,
    headers?: Headers,
  ): Promise<Answer>;
}

/** What one row has made so far: the values of its placeholders by name. */
export interface Scene {
  readonly target: Target;
  readonly names: Map<string, string>;
}

export type Step = (scene: Scene) => Promise<void>;

/** A scene with the projects' ids, `{fresh}`, an id that no image has, and `{unique}`, a text of its own. */
export function newScene(target: Target): Scene {
  const unique = `contract-${randomUUID()}`;
  const names = new Map<string, string>(Object.entries(target.projects));
  names.set('fresh', randomUUID()).set('unique', unique);
  return { target, names };
}

/** `value` with its placeholders filled in; those of an unknown name are text like any other. */
export function fill<T>(scene: Scene, value: T): T {
  return filled(scene, value) as T;
}

function filled(scene: Scene, value: unknown): unknown {
  if (typeof value === 'string') {
    return value.replace(/\{(\w+)\}/g, (text, name) => scene.names.get(name) ?? text);
  }
  if (Array.isArray(value)) return value.map((one) => filled(scene, one));
  if (value instanceof All) return new All(...value.parts.map((one) => filled(scene, one)));
  if (value instanceof InAnyOrder) {
    return new InAnyOrder(...value.parts.map((one) => filled(scene, one)));
  }
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array || value instanceof Matcher) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [filled(scene, key), filled(scene, one)]),
  );
}

export interface Doing {
  readonly by?: CallerName;
  readonly headers?: Headers;
  readonly body?: unknown;
}

/** Sends what a row or a step says. */
export function send(scene: Scene, request: string, doing: Doing): Promise<Answer> {
  const [, method = '', path = ''] = /^(\S+) (.*)$/.exec(request) ?? [];
  return scene.target.call(
    doing.by ?? 'producer',
    method,
    fill(scene, path),
    fill(scene, doing.body),
    fill(scene, doing.headers),
  );
}

/** A request that went well. */
export function done(request: string, doing: Doing = {}): Step {
  return async (scene) => {
    await expectSuccess(scene, request, doing);
  };
}

async function expectSuccess(scene: Scene, request: string, doing: Doing): Promise<Answer> {
  const answer = await send(scene, request, doing);
  if (answer.status < 300) return answer;
  throw new Error(`${request} was to go well before: ${answer.status} ${answer.text}`);
}

export interface NewImage {
  readonly by?: CallerName;
  /** Its placeholder. */
  readonly as?: string;
}

/** An image, `{image}`, of the producer, ready for data. */
export function image(
  properties: Readonly<Record<string, unknown>> = {},
  { by = 'producer', as = 'image' }: NewImage = {},
): Step {
  return async (scene) => {
    const body = { name: 'contract', disk_format: 'raw', container_format: 'bare', ...properties };
    const answer = await expectSuccess(scene, 'POST /v2/images', { by, body });
    scene.names.set(as, answer.json.id);
  };
}

/** An image of a visibility that only an admin may give, made in the producer's project. */
export function visible(visibility: string, properties: Readonly<Record<string, unknown>> = {}) {
  return image({ visibility, ...properties }, { by: 'producer admin' });
}

/** Data that the image has got. */
export function data(content: string | Uint8Array, of = 'image'): Step {
  return done(`PUT /v2/images/{${of}}/file`, {
    by: 'admin',
    body: content,
    headers: { 'content-type': 'application/octet-stream' },
  });
}

/** A project that the image is shared with, and its answer. */
export function member(
  project: ProjectName,
  status: 'pending' | 'accepted' | 'rejected' = 'pending',
  of = 'image',
): Step {
  return async (scene) => {
    const path = `/v2/images/{${of}}/members`;
    await expectSuccess(scene, `POST ${path}`, { by: 'admin', body: { member: `{${project}}` } });
    if (status === 'pending') return;
    await expectSuccess(scene, `PUT ${path}/{${project}}`, { by: 'admin', body: { status } });
  };
}

/** A change of the image. */
export function change(
  operations: readonly unknown[],
  { by = 'admin', as: of = 'image' }: NewImage = {},
): Step {
  return done(`PATCH /v2/images/{${of}}`, {
    by,
    body: operations,
    headers: { 'content-type': 'application/openstack-images-v2.1-json-patch' },
  });
}

/** An image that has been deleted. */
export function deleted(of = 'image'): Step {
  return done(`DELETE /v2/images/{${of}}`, { by: 'admin' });
}

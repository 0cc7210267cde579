import assert from 'node:assert/strict';
import { STATUS_CODES } from 'node:http';
import type { Answer } from '../../support/service.ts';
import { mismatches } from './matching.ts';
import type { Row } from './row.ts';
import { fill, newScene, type Scene, type Step, send, type Target } from './scene.ts';

/** What a service answered to a row. */
export interface Played {
  readonly scene: Scene;
  readonly answer: Answer;
}

/** Makes what the row needs, and sends its request. */
export async function play(row: Row, target: Target): Promise<Played> {
  const scene = await sceneOf(row, target);
  return { scene, answer: await send(scene, row.send, row) };
}

const watched = new WeakMap<Target, Map<readonly Step[], Promise<Scene>>>();

/** A scene of the row's own, unless it only looks: then one that all share which look at the same. */
function sceneOf({ given = [], send: request }: Row, target: Target): Promise<Scene> {
  if (!request.startsWith('GET ')) return makeScene(given, target);
  const scenes = watched.get(target) ?? new Map<readonly Step[], Promise<Scene>>();
  watched.set(target, scenes);
  const scene = scenes.get(given) ?? makeScene(given, target);
  scenes.set(given, scene);
  return scene;
}

async function makeScene(given: readonly Step[], target: Target): Promise<Scene> {
  const scene = newScene(target);
  for (const step of given) await step(scene);
  return scene;
}

/** Holds an answer to its row. @throws AssertionError that names all that is wrong */
export function check(row: Row, { scene, answer }: Played): void {
  const { status, headers, json, text } = answer;
  const wrong = [
    ...mismatches(row.status, status, 'status'),
    ...checkAlways(row, answer),
    ...mismatches(fill(scene, row.answers ?? {}), headers, 'headers'),
    ...('json' in row ? mismatches(fill(scene, row.json), json, 'document') : []),
    ...('text' in row ? mismatches(fill(scene, row.text), text, 'body') : []),
  ];
  assert.deepEqual(wrong, [], `${row.send}: ${wrong.join('; ')}; body: ${text.slice(0, 300)}`);
}

/** What the API calls statuses that have other names in HTTP by now. */
const titles: Readonly<Record<number, string>> = {
  413: 'Request Entity Too Large',
  416: 'Request Range Not Satisfiable',
};

/** What holds for every answer, so that no row says it again. */
function checkAlways(row: Row, { status, headers, text, json }: Answer): string[] {
  const wrong: string[] = [];
  const type = headers['content-type'];
  const isHead = row.send.startsWith('HEAD ');
  const isNamed = row.by !== 'nobody' && status !== 401 && status !== 431;
  if (isNamed && !headers['x-openstack-request-id']) {
    wrong.push('the answer has no x-openstack-request-id');
  }
  if (json !== undefined && type !== 'application/json') wrong.push(`JSON came as ${type}`);
  if ((status === 204 || isHead) && text !== '') wrong.push('the answer has a body');
  if (status >= 400 && !isHead && row.headers?.['accept'] === undefined) {
    const line = `${status} ${titles[status] ?? STATUS_CODES[status]}`;
    if (type !== 'text/html; charset=UTF-8') wrong.push(`the error came as ${type}`);
    if (!text.includes(`<title>${line}</title>`)) wrong.push(`the error is not titled ${line}`);
  }
  return wrong;
}

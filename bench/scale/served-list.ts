import { Agent, request } from 'node:http';
import type { Session } from '../service.ts';
import { pathOf, type ScaleCase } from './cases.ts';
import type { MeasuredProject } from './images.ts';
import type { List } from './measure.ts';

/** One of the two services that are measured in turn. */
export interface ScaleService {
  readonly url: string;
  readonly sessions: Readonly<Record<MeasuredProject, Session>>;
}

/**
 * A list by HTTP, over one connection.
 *
 * @throws Error when a page holds more or fewer images than it should: two of them would not be alike.
 */
export async function servedList(service: ScaleService, item: ScaleCase): Promise<List> {
  const { token } = service.sessions[item.project];
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const get = (path: string) => take(agent, service.url + path, token);
  const marker = item.isLast ? await markerOfLast(get, item) : undefined;
  const path = pathOf(item.query, marker);
  const { images } = JSON.parse(await get(path)) as Page;
  if (images.length !== item.images) {
    throw new Error(`${item.title}: ${images.length} images rather than ${item.images}.`);
  }
  return {
    async time() {
      const begin = performance.now();
      await get(path);
      return performance.now() - begin;
    },
    [Symbol.asyncDispose]: async () => agent.destroy(),
  };
}

interface Page {
  readonly images: readonly { readonly id: string }[];
}

/** The image behind which as many are left as a page holds. */
async function markerOfLast(get: (path: string) => Promise<string>, item: ScaleCase) {
  const turned = `sort_key=created_at&sort_dir=asc&limit=${item.images + 1}`;
  const { images } = JSON.parse(await get(`/v2/images?${turned}`)) as Page;
  return images.at(-1)?.id;
}

function take(agent: Agent, url: string, token: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent, headers: { 'x-auth-token': token } }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (part: string) => {
        text += part;
      });
      answer.once('error', reject);
      answer.once('end', () => {
        if (answer.statusCode === 200) resolve(text);
        else reject(new Error(`${url}: ${answer.statusCode} ${text}`));
      });
    });
    sent.once('error', reject);
    sent.end();
  });
}

import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { shownJson } from '../api/image-document.ts';
import type { Caller } from '../domain/caller.ts';
import type { AppOptions } from './app.ts';
import { tokenOf } from './authentication.ts';
import { hasBody } from './body.ts';
import { noteCall } from './metrics/traffic.ts';
import { isNamedTooLong, requestId } from './request-id.ts';
import type { RequestLimit } from './request-limit.ts';

type QuickShowOptions = Pick<
  AppOptions,
  'images' | 'identity' | 'audit' | 'allowedOrigins' | 'compressesJson' | 'network' | 'traffic'
> & { readonly requests: Pick<RequestLimit, 'isFull' | 'begin' | 'end'> };

/** Ids as the service makes them; one in capitals takes the ordinary way. */
const shownPath = /^\/v2\/images\/([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})$/;

/**
 * Answers the request that clients send most, a plain `GET /v2/images/{image_id}`, without the framework, whose
 * routing and hooks take a fifth of its time.
 *
 * It only ever says yes, by the same functions as the ordinary way (the route in `images.ts`, behind the hooks of
 * `app.ts`). Whatever is the least unusual goes that way from the start, as if this were not here: a token that has to
 * be looked up, one that is not good for every request, an image that is not there, a service that is closing.
 */
export function showQuickly(app: FastifyInstance, options: QuickShowOptions): void {
  if (asksMore(options)) return;
  const ordinary = app.server.listeners('request') as RequestListener[];
  const goOrdinaryWay: RequestListener = (request, response) => {
    for (const listener of ordinary) listener.call(app.server, request, response);
  };
  const { images, identity, traffic, requests } = options;
  const shown = traffic.of('GET', '/v2/images/:imageId');
  let isClosing = false;
  app.addHook('preClose', async () => {
    isClosing = true;
  });

  app.server.removeAllListeners('request');
  app.server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const imageId = isClosing || requests.isFull() ? undefined : plainImageId(request);
    const token = imageId === undefined ? undefined : tokenOf(request.headers);
    const caller = token === undefined ? undefined : identity.recall(token);
    if (imageId === undefined || !caller || !isPlain(caller)) {
      goOrdinaryWay(request, response);
      return;
    }
    const began = performance.now();
    requests.begin();
    images.show(caller, imageId).then(
      (image) => {
        requests.end();
        if (isClosing) response.shouldKeepAlive = false;
        send(response, requestId(request), shownJson(image));
        noteCall(shown, 200, began);
      },
      // It is refused there, in its words, and told of in the log.
      () => {
        requests.end();
        goOrdinaryWay(request, response);
      },
    );
  });
}

/** Whether the operator wants something of each request that only the hooks do. */
function asksMore(options: QuickShowOptions): boolean {
  const { audit, allowedOrigins, compressesJson, network } = options;
  const { address, project } = network.rates;
  const isLimited = address.rate > 0 || project.rate > 0;
  return audit.level === 'all' || allowedOrigins.length > 0 || compressesJson || isLimited;
}

/** The image that a request asks for, if it asks for nothing else. */
function plainImageId(request: IncomingMessage): string | undefined {
  const { method, url = '' } = request;
  if (method !== 'GET' || hasBody(request) || isNamedTooLong(request)) return undefined;
  return shownPath.exec(url)?.[1];
}

/** Whether the caller may ask for whatever its roles allow. */
function isPlain({ scope, accessRules }: Caller): boolean {
  return scope === 'project' && accessRules === undefined;
}

/** The headers in the order of the ordinary way, in one write with the body. */
function send(response: ServerResponse, id: string, text: string): void {
  response.writeHead(200, {
    'x-openstack-request-id': id,
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}

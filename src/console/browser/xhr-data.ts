import type { SendData, SendDataInit } from '../../client/session.ts';

/**
 * Sends data by the one means by which a browser tells how far it is: `fetch` takes streams over HTTP/2 alone, and
 * of a whole file it says nothing.
 */
export const xhrData: SendData = (url, init) => {
  const { promise, resolve, reject } = Promise.withResolvers<Response>();
  const request = new XMLHttpRequest();
  const abort = () => request.abort();
  request.open(init.method, url);
  for (const [name, value] of Object.entries(init.headers)) request.setRequestHeader(name, value);
  request.upload.onprogress = ({ loaded }) => init.onProgress?.(loaded);
  request.onload = () => resolve(responseOf(request));
  request.onerror = () => reject(new TypeError('The connection failed.'));
  request.onabort = () => reject(new DOMException('Cancelled.', 'AbortError'));
  init.signal?.addEventListener('abort', abort, { once: true });
  request.onloadend = () => init.signal?.removeEventListener('abort', abort);
  send(request, init, reject);
  return promise;
};

function send(request: XMLHttpRequest, init: SendDataInit, reject: (error: unknown) => void) {
  if (init.signal?.aborted) reject(init.signal.reason);
  else request.send(init.bytes);
}

function responseOf(request: XMLHttpRequest): Response {
  const { status, responseText } = request;
  const headers = new Headers();
  for (const line of request.getAllResponseHeaders().trim().split(/\r\n/)) {
    const [name = '', ...value] = line.split(': ');
    if (name !== '') headers.append(name, value.join(': '));
  }
  const mayHaveBody = status !== 204 && status !== 304;
  return new Response(mayHaveBody ? responseText : null, { status, headers });
}

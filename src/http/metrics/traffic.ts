import { type Histogram, histogram } from '../../domain/histogram.ts';
import { byLabel, type Metric, type Sample, single } from '../../domain/metric.ts';
import { servedMethods } from '../rare-methods.ts';
import { routeClass } from './route-class.ts';

/** Why a request or connection was turned away that would have been taken with less to do. */
export const shedReasons = [
  'max_requests',
  'max_loop_delay',
  'max_uploads',
  'max_connections',
] as const;

export type ShedReason = (typeof shedReasons)[number];

/** The end of an answer that never came whole, since its reader had gone; statuses have numbers. */
const cut = 'cut off';

/** How requests of one class by one method went. */
export interface CallCounts {
  readonly route: string;
  readonly method: string;
  /** By status; of those that were cut off at 0. */
  readonly statuses: Map<number, number>;
  readonly seconds: Histogram;
}

/** What passes over HTTP, in plain numbers: counting must cost nothing beside answering. */
export interface Traffic {
  /** Under way. */
  running: number;
  uploading: number;
  /** Bytes of data that came and went. */
  readonly bytes: { received: number; sent: number };
  /** By the code of the refusal; its kinds are as many as the service has. */
  readonly refusals: Map<string, number>;
  readonly shed: Record<ShedReason, number>;
  /** The counts of a route's calls, always the same object. */
  of(method: string, url: string | undefined): CallCounts;
  metrics(): readonly Metric[];
}

export function traffic(): Traffic {
  const byCall = new Map<string, CallCounts>();
  // What is asked for each request: the pattern of its route is one of a few.
  const byRoute = new Map<string, CallCounts>();

  function callsOf(given: string, url: string | undefined): CallCounts {
    // Methods that somebody made up are one.
    const method = servedMethods.has(given) ? given : 'other';
    const route = routeClass(url);
    const key = `${method} ${route}`;
    const known = byCall.get(key);
    if (known) return known;
    const counts = { route, method, statuses: new Map(), seconds: histogram() };
    byCall.set(key, counts);
    return counts;
  }

  const counted: Traffic = {
    running: 0,
    uploading: 0,
    bytes: { received: 0, sent: 0 },
    refusals: new Map(),
    shed: { max_requests: 0, max_loop_delay: 0, max_uploads: 0, max_connections: 0 },

    of(method, url) {
      const key = `${method} ${url}`;
      const known = byRoute.get(key);
      if (known) return known;
      const counts = callsOf(method, url);
      byRoute.set(key, counts);
      return counts;
    },

    metrics: () => metricsOf(counted, [...byCall.values()]),
  };
  return counted;
}

/** Notes a request that has ended. @param status 0 when its answer was cut off @param began when, in the time of `performance` */
export function noteCall(counts: CallCounts, status: number, began: number): void {
  counts.statuses.set(status, (counts.statuses.get(status) ?? 0) + 1);
  counts.seconds.observe((performance.now() - began) / 1000);
}

/** Notes one more of something. */
export function countOne<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function metricsOf(
  { running, uploading, bytes, refusals, shed }: Traffic,
  calls: readonly CallCounts[],
): readonly Metric[] {
  return [
    {
      name: 'vitrine_http_requests_total',
      help: 'Requests that were answered, by kind of call, method and status; those whose client went before the end have the status "cut off".',
      type: 'counter',
      samples: calls.flatMap(statusSamples),
    },
    {
      name: 'vitrine_http_request_seconds',
      help: 'Time from the head of a request to the end of its answer; data and events take as long as their readers do.',
      type: 'histogram',
      samples: calls.flatMap(({ route, method, seconds }) => seconds.samples({ route, method })),
    },
    single('gauge', 'vitrine_http_requests_running', {
      help: 'Requests under way.',
      value: running,
    }),
    single('gauge', 'vitrine_uploads_running', {
      help: 'Uploads whose data is being taken.',
      value: uploading,
    }),
    single('counter', 'vitrine_upload_bytes_total', {
      help: 'Bytes of image data that clients have sent.',
      value: bytes.received,
    }),
    single('counter', 'vitrine_download_bytes_total', {
      help: 'Bytes of image data that were handed to the system for clients; not what a proxy sends by X-Accel-Redirect.',
      value: bytes.sent,
    }),
    byLabel('counter', 'vitrine_refusals_total', {
      help: 'Calls of the image service that were refused, by the reason.',
      label: 'code',
      values: { QuotaExceeded: 0, TooManyRequests: 0, ...Object.fromEntries(refusals) },
    }),
    byLabel('counter', 'vitrine_shed_total', {
      help: 'Requests, uploads and connections that were turned away since there was too much to do, by the limit that was reached.',
      label: 'limit',
      values: shed,
    }),
  ];
}

function statusSamples({ route, method, statuses }: CallCounts): readonly Sample[] {
  return [...statuses].map(([status, value]) => ({
    labels: { route, method, status: status === 0 ? cut : String(status) },
    value,
  }));
}

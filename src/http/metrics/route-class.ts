/** The kinds of calls that requests are counted by, with the beginning of their routes; the first that fits counts. */
const classes: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/^\/v2\/images$/, 'images'],
  [/^\/v2\/images\/:imageId$/, 'image'],
  [/^\/v2\/images\/:imageId\/file/, 'image data'],
  [/^\/v2\/images\/:imageId\/stage/, 'stage'],
  [/^\/v2\/images\/:imageId\/import/, 'import'],
  [/^\/v2\/images\/:imageId\/members/, 'members'],
  [/^\/v2\/images\/:imageId\/tags/, 'tags'],
  [/^\/v2\/images\/:imageId\/actions/, 'actions'],
  [/^\/v2\/(images\/:imageId\/)?tasks/, 'tasks'],
  [/^\/v2\/(stores|info\/stores)/, 'stores'],
  [/^\/v2\/(schemas|info)/, 'schemas'],
  [/^\/v2\/(cache|queued_images)/, 'cache'],
  [/^\/identity\/v3\/auth\/tokens/, 'tokens'],
  [/^\/identity/, 'identity'],
  [/^\/vitrine\/v1\/uploads/, 'uploads'],
  [/^\/vitrine\/v1\/downloads/, 'image data'],
  [/^\/vitrine\/v1\/events/, 'events'],
  [/^\/vitrine/, 'sharing and operation'],
  [/^\/console/, 'console'],
  [/^\/healthcheck/, 'health'],
  [/^\/metrics/, 'metrics'],
];

/** The class of a route, by its pattern. */
export function routeClass(url: string | undefined): string {
  return classes.find(([pattern]) => pattern.test(url ?? ''))?.[1] ?? 'other';
}

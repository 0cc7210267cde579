/**
 * The values that are needed of `node:http`. An import of it reads all that it exports, and so has Node load its
 * `WebSocket`, with all of `fetch`: 8 MiB that nobody uses. Types may be imported.
 */
export const { STATUS_CODES } = process.getBuiltinModule('node:http');

// Says where in the sources the lines of a stack trace are, which a built service gives in its own files:
// npm run where < trace.txt
import { existsSync, readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { dirname, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** @type {Map<string, SourceMap>} */
const maps = new Map();

/** @param {string} file */
function mapOf(file) {
  const known = maps.get(file);
  if (known) return known;
  const map = new SourceMap(JSON.parse(readFileSync(`${file}.map`, 'utf8')));
  maps.set(file, map);
  return map;
}

/** @param {string} place @param {string} file @param {string} line @param {string} column */
function inSources(place, file, line, column) {
  if (!existsSync(`${file}.map`)) return place;
  const origin = mapOf(file).findOrigin(Number(line), Number(column));
  if (!('fileName' in origin)) return place;
  const path = relative(root, resolve(dirname(file), origin.fileName));
  return `${path}:${origin.lineNumber}:${origin.columnNumber}`;
}

const text = readFileSync(0, 'utf8');
process.stdout.write(text.replace(/(?:file:\/\/)?([^\s()":]+\.js):(\d+):(\d+)/g, inSources));

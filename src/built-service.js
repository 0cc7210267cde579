// Where the service is as few files, and whether they are still what the sources say. JavaScript, since it is read
// before there is a cache; used by what builds them too (scripts/build-service.mjs).
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** @typedef {{ readonly folder: string, readonly sources: readonly string[], readonly key: string }} Build */

/** Where builds are. @param {string} root the package's folder */
export function buildsOf(root) {
  return join(root, 'build', 'service');
}

/**
 * Of all that a build is made of.
 *
 * @param {readonly string[]} sources paths below the package's folder
 * @param {(source: string) => Buffer} read gives what is in one of them
 * @throws Error when one of them cannot be read
 */
export function keyOf(sources, read) {
  const hash = createHash('sha256');
  for (const source of sources) {
    const content = read(source);
    hash.update(`${source}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

/** Reads what is there now. @param {string} root @returns {(source: string) => Buffer} for `keyOf` */
export function sourcesIn(root) {
  return (source) => readFileSync(join(root, source));
}

/**
 * The build that was made last, if it is there and all that it is made of is as it was then: reading 500 files takes 6 ms.
 *
 * @param {string} root
 * @returns {(Build & { path: string }) | undefined}
 */
export function findBuild(root) {
  try {
    const builds = buildsOf(root);
    /** @type {Build} */
    const build = JSON.parse(readFileSync(join(builds, 'current.json'), 'utf8'));
    const { folder, sources, key } = build;
    const path = join(builds, folder);
    const isThere = existsSync(join(path, 'process.js'));
    return isThere && keyOf(sources, sourcesIn(root)) === key ? { ...build, path } : undefined;
  } catch {
    // Nothing is built, or a source is gone.
    return undefined;
  }
}

/** What imports a built module. @param {string} path of a build @param {string} name without its ending */
export function importBuilt(path, name) {
  return import(pathToFileURL(join(path, `${name}.js`)).href);
}

/** Between two signs that a build is in use, ms. */
const signTime = 10 * 60_000;

/** How old the last sign is when nobody runs from a build any more, ms: a machine may have slept. */
export const unusedTime = 86_400_000;

/**
 * Says, now and from time to time while this process runs, that it runs from a build and may yet load of it: threads
 * begin when there is work for them. The sign is the time of the folder.
 *
 * @param {string} path of a build
 */
export function keepBuild(path) {
  const sign = () => {
    try {
      utimesSync(path, new Date(), new Date());
    } catch {
      // Who may only read the folder gives no sign: their build stays until the second one after it, and a day.
    }
  };
  sign();
  setInterval(sign, signTime).unref();
}

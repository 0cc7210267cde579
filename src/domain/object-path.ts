import { DomainError } from './errors.ts';

/** An object of a caller's own object store. */
export interface ObjectPath {
  readonly container: string;
  readonly name: string;
}

/** Characters of a container's name. @see Swift, "Containers" */
const maxContainer = 256;

/** Bytes of an object's name. @see Swift, "Objects" */
const maxName = 1024;

/** Whether `import_from` names an object rather than a URL. @see Rackspace Cloud Images, "Task to import image" */
export function isObjectPath(from: string): boolean {
  return !/^[a-z][a-z\d+.-]*:/i.test(from);
}

/**
 * Reads `container/object`.
 *
 * @param field what the caller calls it
 * @throws DomainError `InvalidRequest`
 */
export function objectPath(from: string, field: string): ObjectPath {
  const slash = from.indexOf('/');
  const [container, name] = [from.slice(0, slash), from.slice(slash + 1)];
  // A URL with these in its path would lead elsewhere.
  const leadsAway = from.split('/').some((part) => part === '.' || part === '..');
  const isRight =
    slash > 0 &&
    name !== '' &&
    !leadsAway &&
    from.isWellFormed() &&
    container.length <= maxContainer &&
    new TextEncoder().encode(name).length <= maxName;
  if (isRight) return { container, name };
  const text = `${field}: a URL, or \`container/object\` of your object store is wanted.`;
  throw new DomainError('InvalidRequest', text);
}

/** Refuses what is no name of a container to receive an image. @throws DomainError `InvalidRequest` */
export function checkContainer(container: string, field: string): void {
  const isRight = /^[^/?.]+$/.test(container) && container.isWellFormed();
  if (isRight && container.length <= maxContainer) return;
  const text = `${field}: the name of a container without \`/\`, \`?\` and \`.\` is wanted.`;
  throw new DomainError('InvalidRequest', text);
}

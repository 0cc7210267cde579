import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Document, parseDocument } from 'yaml';

/** A cloud by which an operator's clients log in: user and project have the same name. */
export interface CloudAccount {
  /** Name of the entry, which clients take as `--os-cloud`. */
  readonly cloud: string;
  readonly name: string;
  readonly password: string;
}

/** A `clouds.yaml` being changed; what it says of other clouds, and its comments, stay. */
export interface CloudsFile {
  password(cloud: string): string | undefined;
  add(account: CloudAccount, place: CloudPlace): void;
  /** Sets where a cloud of the file is reached; a cloud that is not in the file stays out. */
  moveTo(cloud: string, place: CloudPlace): void;
}

/** Where clients find a cloud. */
export interface CloudPlace {
  /** Of its identity service, such as `http://127.0.0.1:9292/identity/v3`. */
  readonly authUrl: string;
  /** The region whose endpoints clients take from the catalog. */
  readonly region: string;
}

/**
 * Changes the `clouds.yaml` at `path`, making it when there is something to say.
 * The file is whole at any time, readable by its owner alone, and on stable storage at the end.
 *
 * @see openstacksdk, "Configuring OpenStack SDK Applications"
 */
export async function changeCloudsFile<T>(
  path: string,
  change: (file: CloudsFile) => T,
): Promise<T> {
  const before = await readIfThere(path);
  const document = parseDocument(before);
  const [error] = document.errors;
  // The error's own message quotes the file, and with it passwords.
  const line = error?.linePos?.[0].line;
  if (error) throw new Error(`${path} is not YAML: see line ${line}.`, { cause: error.code });

  const file = cloudsFile(document);
  const result = change(file);

  if (file.isChanged()) await replaceFile(path, document.toString());
  return result;
}

function cloudsFile(document: Document): CloudsFile & { isChanged(): boolean } {
  let changed = false;

  function set(path: readonly string[], value: unknown): void {
    document.setIn(path, value);
    changed = true;
  }

  return {
    isChanged: () => changed,
    password(cloud) {
      const known = document.getIn(['clouds', cloud, 'auth', 'password']);
      return typeof known === 'string' && known !== '' ? known : undefined;
    },
    add({ cloud, name, password }, { authUrl, region }) {
      const entry = {
        auth: {
          auth_url: authUrl,
          username: name,
          password,
          project_name: name,
          user_domain_name: 'Default',
          project_domain_name: 'Default',
        },
        region_name: region,
        identity_api_version: 3,
        interface: 'public',
      };
      set(['clouds', cloud], document.createNode(entry));
    },
    moveTo(cloud, { authUrl, region }) {
      const url = ['clouds', cloud, 'auth', 'auth_url'];
      if (!document.hasIn(url)) return;
      if (document.getIn(url) !== authUrl) set(url, authUrl);
      const name = ['clouds', cloud, 'region_name'];
      if (document.getIn(name) !== region) set(name, region);
    },
  };
}

async function readIfThere(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return '';
    throw cause;
  }
}

async function replaceFile(path: string, text: string): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true });
  const partial = `${path}.partial`;
  // A crash may have left one, with passwords in it.
  await rm(partial, { force: true });
  try {
    await using file = await open(partial, 'wx', 0o600);
    await file.writeFile(text);
    await file.sync();
    await rename(partial, path);
  } catch (cause) {
    await rm(partial, { force: true });
    throw cause;
  }
  await using directory = await open(folder);
  await directory.sync();
}

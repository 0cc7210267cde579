import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Login, NamedIn } from '../client/session.ts';
import { CommandError } from './command-error.ts';

/** Where to find the cloud to talk to. */
export interface CloudChoice {
  /** Value of `--os-cloud`. */
  readonly cloud: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
}

type Fields = Readonly<Record<string, unknown>>;

/** A cloud to talk to. */
export interface Cloud {
  readonly login: Login;
  /** The file of the authorities that vouch for it, where it is not the usual ones. */
  readonly cacert: string | undefined;
}

/**
 * The cloud that a `clouds.yaml` holds: the file of `OS_CLIENT_CONFIG_FILE`, else the one that the
 * service writes into its data folder; the cloud of `--os-cloud` or `OS_CLOUD`, else `vitrine-admin`.
 * `OS_CACERT` counts before the cloud's own `cacert`.
 *
 * @throws CommandError when the file or the cloud is not there, or says too little.
 */
export function loadCloud({ cloud, env }: CloudChoice): Cloud {
  const path = cloudsFile(env);
  const name = cloud ?? (env['OS_CLOUD'] || 'vitrine-admin');
  const clouds = fieldsOf(readClouds(path)['clouds']);
  const entry = clouds[name];
  if (entry === undefined) {
    const known = Object.keys(clouds).join(', ') || 'none';
    throw new CommandError(`${path} has no cloud ${name}; it has: ${known}. Choose by --os-cloud.`);
  }
  const fields = fieldsOf(entry);
  return {
    login: loginOf(fieldsOf(fields['auth']), `Cloud ${name} in ${path}`),
    cacert: inHome(env['OS_CACERT'] || textOf(fields, 'cacert')),
  };
}

/** As the other clients read paths: `~` is the home folder, all else is as seen from here. */
function inHome(path: string | undefined): string | undefined {
  return path?.replace(/^~(?=\/|$)/, homedir());
}

/** The `clouds.yaml` that `loadCloud` reads. */
export function cloudsFile(env: CloudChoice['env']): string {
  return env['OS_CLIENT_CONFIG_FILE'] || join(env['VITRINE_DATA_DIR'] || './data', 'clouds.yaml');
}

function readClouds(path: string): Fields {
  try {
    return fieldsOf(parse(readFileSync(path, 'utf8')));
  } catch (cause) {
    const text = `${path} cannot be read. Start the service once (npm start), or name the file in OS_CLIENT_CONFIG_FILE.`;
    throw new CommandError(text, { cause });
  }
}

function loginOf(auth: Fields, where: string): Login {
  const authUrl = textOf(auth, 'auth_url')?.replace(/\/+$/, '');
  if (authUrl === undefined) throw new CommandError(`${where} has no auth_url.`);
  const id = textOf(auth, 'application_credential_id');
  const secret = textOf(auth, 'application_credential_secret');
  if (id !== undefined && secret !== undefined) {
    return { authUrl, proof: { kind: 'application_credential', id, secret } };
  }
  const user = namedIn(auth, 'user', 'username');
  const password = textOf(auth, 'password');
  if (!user || password === undefined) {
    throw new CommandError(`${where} needs a username and a password.`);
  }
  const project = namedIn(auth, 'project', 'project_name');
  return { authUrl, proof: { kind: 'password', user, password, ...(project && { project }) } };
}

function namedIn(auth: Fields, kind: 'user' | 'project', nameField: string): NamedIn | undefined {
  const id = textOf(auth, `${kind}_id`);
  if (id !== undefined) return { id };
  const name = textOf(auth, nameField);
  if (name === undefined) return undefined;
  const domainId = textOf(auth, `${kind}_domain_id`);
  if (domainId !== undefined) return { name, domain: { id: domainId } };
  return { name, domain: { name: textOf(auth, `${kind}_domain_name`) ?? 'Default' } };
}

function textOf(fields: Fields, name: string): string | undefined {
  const value = fields[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

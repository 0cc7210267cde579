import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type CloudAuth, cloudAuth, type Login, logIn } from '../support/clouds.ts';

/** A Keystone as Debian packages it, in a folder of its own. */
export interface RealKeystone {
  readonly folder: string;
  /** With `/v3` at its end. */
  readonly url: string;
  readonly cloudsFile: string;
  /** The password of the service users. */
  readonly password: string;
  /** How an account of `clouds.yaml` logs in, or the service `nova`. */
  auth(name: string): Promise<CloudAuth>;
  logIn(name: string): Promise<Login>;
  /** Stops it, and leaves what it knows. */
  halt(): Promise<void>;
  /** Starts it again at the same address. @param tokenLife Seconds; an hour unless said otherwise. */
  resume(tokenLife?: number): Promise<void>;
}

const run = promisify(execFile);
const script = fileURLToPath(new URL('../interop/reference-keystone.sh', import.meta.url));

/** Starts one in `folder` for a service that is to be at `imageUrl`. */
export async function startRealKeystone(folder: string, imageUrl: string): Promise<RealKeystone> {
  await run('bash', [script, 'start', folder, imageUrl]);
  return await openRealKeystone(folder);
}

/** Stops it and removes its folder. */
export async function stopRealKeystone(folder: string): Promise<void> {
  await run('bash', [script, 'stop', folder]);
}

/** The one that runs in `folder`. */
export async function openRealKeystone(folder: string): Promise<RealKeystone> {
  const read = async (name: string) =>
    (await readFile(join(folder, 'keystone', name), 'utf8')).trim();
  const cloudsFile = join(folder, 'clouds.yaml');
  const auth = (name: string) =>
    name === 'nova'
      ? cloudAuth(join(folder, 'services.yaml'), name)
      : cloudAuth(cloudsFile, `vitrine-${name}`);
  return {
    folder,
    url: `http://127.0.0.1:${await read('port')}/v3`,
    cloudsFile,
    password: await read('service-password'),
    auth,
    logIn: async (name) => await logIn(await auth(name)),
    halt: async () => void (await run('bash', [script, 'halt', folder])),
    async resume(tokenLife = 3600) {
      const env = { ...process.env, REFERENCE_TOKEN_EXPIRATION: String(tokenLife) };
      await run('bash', [script, 'resume', folder], { env });
    },
  };
}

/** The settings of a Vitrine that asks it as the documentation has it: by a user who reads the system. */
export function keystoneSettings({ url, password }: RealKeystone): Record<string, string> {
  return {
    VITRINE_IDENTITY: 'keystone',
    VITRINE_KEYSTONE_AUTH_URL: url,
    VITRINE_KEYSTONE_USERNAME: 'vitrine',
    VITRINE_KEYSTONE_PASSWORD: password,
    VITRINE_KEYSTONE_SYSTEM_SCOPE: 'all',
  };
}

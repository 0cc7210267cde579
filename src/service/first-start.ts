import type { Connection } from '../database/database.ts';
import { insertDomain, insertProject, listDomains } from '../database/projects.ts';
import { insertAssignment, insertRole } from '../database/roles.ts';
import { insertUser } from '../database/users.ts';
import { defaultDomainId } from '../domain/project.ts';
import { standardRoles } from '../domain/role.ts';
import { type FirstSecret, firstSecrets } from '../identity/first-secrets.ts';
import { type CloudAccount, type CloudPlace, changeCloudsFile } from './clouds-file.ts';
import { newId } from './identity/context.ts';
import type { EmbeddedIdentity } from './identity/open-identity.ts';

/** Who can log in after the first start: each in a project of the same name. */
const firstUsers = [
  { name: 'admin', role: 'admin' },
  { name: 'producer', role: 'member' },
  { name: 'consumer', role: 'member' },
] as const;

export interface FirstStartOptions extends CloudPlace {
  /** Path of `clouds.yaml`. */
  readonly cloudsFile: string;
  /** Passwords whose hashing has begun already, one an account. */
  readonly secrets?: readonly FirstSecret[] | undefined;
}

/**
 * Makes the first accounts when there are none, with random passwords that only `cloudsFile` knows.
 *
 * The file is on disk before the accounts exist: a crash between the two is made good by the next
 * start, which takes the passwords from the file.
 */
export async function makeFirstAccounts(
  identity: EmbeddedIdentity,
  options: FirstStartOptions,
): Promise<void> {
  const { processes } = identity.context.database;
  await processes.inTurn('first start', () => makeAccounts(identity, options));
}

async function makeAccounts(
  identity: EmbeddedIdentity,
  { cloudsFile, secrets: begun, ...place }: FirstStartOptions,
): Promise<void> {
  const { database } = identity.context;
  if ((await listDomains(database.read)).length > 0) return;
  const secrets = begun ?? firstSecrets(firstUsers.length, identity.passwords);

  const accounts: CloudAccount[] = await changeCloudsFile(cloudsFile, (file) =>
    firstUsers.map(({ name }, index) => {
      const cloud = `vitrine-${name}`;
      const password = file.password(cloud) ?? secrets[index]?.password ?? '';
      const account = { cloud, name, password };
      file.add(account, place);
      return account;
    }),
  );
  const users: FirstAccount[] = [];
  for (const [index, user] of firstUsers.entries()) {
    const password = accounts[index]?.password ?? '';
    const secret = secrets[index];
    // A crash may have left a file with passwords of an earlier start.
    const isNew = secret?.password === password;
    const passwordHash = await (isNew ? secret.passwordHash : identity.passwords.hash(password));
    users.push({ ...user, passwordHash });
  }
  await identity.context.change(async (db) => {
    await insertDomain(db, {
      id: defaultDomainId,
      name: 'Default',
      description: 'The domain of every user and project.',
      enabled: true,
    });
    const roleIds = await insertRoles(db);
    for (const user of users) await insertAccount(db, user, roleIds);
  });
}

/** Puts where the service is reached into `clouds.yaml`, when it is another by now. */
export async function refreshClouds({ cloudsFile, ...place }: FirstStartOptions): Promise<void> {
  await changeCloudsFile(cloudsFile, (file) => {
    for (const { name } of firstUsers) file.moveTo(`vitrine-${name}`, place);
  });
}

async function insertRoles(db: Connection): Promise<Map<string, string>> {
  const ids = new Map<string, string>();
  for (const name of standardRoles) {
    const id = newId();
    await insertRole(db, { id, name, description: null });
    ids.set(name, id);
  }
  return ids;
}

interface FirstAccount {
  readonly name: string;
  readonly role: string;
  readonly passwordHash: string;
}

async function insertAccount(
  db: Connection,
  { name, role, passwordHash }: FirstAccount,
  roleIds: ReadonlyMap<string, string>,
): Promise<void> {
  const named = { name, domainId: defaultDomainId, enabled: true };
  const projectId = newId();
  await insertProject(db, { ...named, id: projectId, description: '' });
  const userId = newId();
  const user = { ...named, id: userId, description: null, email: null };
  await insertUser(db, { ...user, defaultProjectId: projectId, tokenGeneration: 0 }, passwordHash);
  const roleId = roleIds.get(role) ?? '';
  await insertAssignment(db, { userId, roleId, target: { kind: 'project', projectId } });
  if (role === 'admin') await insertAssignment(db, { userId, roleId, target: { kind: 'system' } });
}

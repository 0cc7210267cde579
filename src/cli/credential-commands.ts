import { Command } from 'commander';
import {
  type AccessRuleDocument,
  type CredentialDocument,
  createCredential,
  deleteCredential,
  getCredential,
  listCredentials,
} from '../client/credentials.ts';
import type { Session } from '../client/session.ts';
import { getUser } from '../client/users.ts';
import { type CommonOptions, openContext, withCommonOptions } from './command-context.ts';
import { CommandError } from './command-error.ts';
import { expiryOf } from './expiry.ts';

interface CreateOptions extends CommonOptions {
  readonly description?: string;
  readonly role: readonly string[];
  readonly expires?: string;
  readonly unrestricted?: boolean;
  readonly accessRule: readonly string[];
}

interface OwnerOptions extends CommonOptions {
  readonly user?: string;
}

/** `vitrine credential …`: logins for machines, by which they need no password of a user. */
export function credentialCommands(): Command {
  const credential = new Command('credential').description('manage application credentials');
  addCreate(credential);

  withOwnerOptions(credential.command('list'))
    .description('list your application credentials')
    .action(async (options: OwnerOptions) => {
      const { session, output } = openContext(options);
      const all = await listCredentials(session, await ownerOf(session, options));
      output.table(all.map(shown), ['id', 'name', 'roles', 'expires_at', 'description']);
    });

  withOwnerOptions(credential.command('show <credential>'))
    .description('show an application credential, by name or id')
    .action(async (nameOrId: string, options: OwnerOptions) => {
      const { session, output } = openContext(options);
      const found = await getCredential(session, await ownerOf(session, options), nameOrId);
      output.fields(shown(found));
    });

  withOwnerOptions(credential.command('delete <credential>'))
    .description('remove an application credential; its tokens end at once')
    .action(async (nameOrId: string, options: OwnerOptions) => {
      const { session, output } = openContext(options);
      const owner = await ownerOf(session, options);
      const { id, name } = await getCredential(session, owner, nameOrId);
      await deleteCredential(session, owner, id);
      output.done(`Application credential ${name} (${id}) is removed.`);
    });

  return credential;
}

function addCreate(credential: Command): void {
  withCommonOptions(credential.command('create <name>'))
    .description('make an application credential for your project, and print its secret once')
    .option('--description <text>', 'what it is for')
    .option('--role <role>', 'a role that it has, by name; repeat for more', collected, [])
    .option('--expires <time>', 'when it ends: a time, or how long from now, such as 30d')
    .option('--unrestricted', 'let it make and remove application credentials itself')
    .option(
      '--access-rule <rule>',
      'a request that it is good for, such as "GET /v2/images/**"; repeat for more',
      collected,
      [],
    )
    .action(async (name: string, options: CreateOptions) => {
      const { description, role, expires, unrestricted, accessRule } = options;
      const wanted = {
        name,
        ...(description !== undefined && { description }),
        ...(role.length > 0 && { roles: role.map((one) => ({ name: one })) }),
        ...(expires !== undefined && { expires_at: expiryOf(expires, Date.now()).toISOString() }),
        ...(unrestricted && { unrestricted }),
        ...(accessRule.length > 0 && { access_rules: accessRule.map(ruleOf) }),
      };
      const { session, output } = openContext(options);
      const made = await createCredential(session, wanted);
      output.fields({ ...shown(made), secret: made.secret });
    });
}

function collected(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

function withOwnerOptions(command: Command): Command {
  return withCommonOptions(command).option('--user <user>', 'of another user; for admins');
}

async function ownerOf(session: Session, { user }: OwnerOptions): Promise<string> {
  return user === undefined ? await session.userId() : (await getUser(session, user)).id;
}

/** `GET /v2/images`, of the image service unless `identity` stands before it. */
function ruleOf(given: string): AccessRuleDocument {
  const [, service = 'image', method = '', path = ''] =
    /^(?:([a-z-]+) )?([A-Z]+) (\/\S*)$/.exec(given) ?? [];
  if (path !== '') return { service, method, path };
  throw new CommandError(
    `${given}: a method and a path are wanted, such as "GET /v2/images/**", and before them the service if it is not image.`,
  );
}

function shown(credential: CredentialDocument) {
  const { id, name, description, project_id, unrestricted, expires_at } = credential;
  const rules = credential.access_rules?.map((rule) =>
    [rule.service, rule.method, rule.path].join(' '),
  );
  return {
    id,
    name,
    description,
    project_id,
    roles: credential.roles.map((role) => role.name).join(', '),
    expires_at,
    unrestricted,
    access_rules: rules?.join(', ') ?? null,
  };
}

import type { DomainReference } from '../domain/project.ts';
import type { ServiceCredentials, ServiceScope } from '../identity/keystone/service-login.ts';
import { readCertificates } from './certificates.ts';
import { integer, oneOf, readUrl, type Setting, url } from './setting.ts';

/** Who vouches for callers, and how the service asks a Keystone. What is not given is undefined. */
export interface IdentityConfig {
  readonly identity: IdentityKind;
  /** Keystone's URL with `/v3` at its end. */
  readonly keystoneAuthUrl: string | undefined;
  /** Where callers log in, for `WWW-Authenticate`. */
  readonly keystoneWwwAuthenticateUri: string | undefined;
  readonly keystoneUsername: string | undefined;
  readonly keystonePassword: string | undefined;
  readonly keystoneUserDomainId: string | undefined;
  readonly keystoneUserDomainName: string | undefined;
  readonly keystoneProjectName: string | undefined;
  readonly keystoneProjectDomainId: string | undefined;
  readonly keystoneProjectDomainName: string | undefined;
  /** `all` for roles on the system instead of a project. */
  readonly keystoneSystemScope: 'all' | undefined;
  readonly keystoneApplicationCredentialId: string | undefined;
  readonly keystoneApplicationCredentialSecret: string | undefined;
  /** Seconds for which an answer of Keystone holds at most; 0 asks for every request. */
  readonly keystoneTokenCacheTime: number;
  /** Seconds for which the name of a project or user is shown before it is asked for again. */
  readonly keystoneNameCacheTime: number;
  /** Seconds that a request waits for Keystone at most. */
  readonly keystoneTimeout: number;
  /** Certificates in PEM to trust, read from the file that the setting names. */
  readonly keystoneCafile: string | undefined;
}

const identityKinds = ['embedded', 'keystone'] as const;

type IdentityKind = (typeof identityKinds)[number];

/** The settings of `IdentityConfig`. */
export const identitySettings: {
  readonly [Name in keyof IdentityConfig]: Setting<IdentityConfig[Name]>;
} = {
  identity: oneOf('identity', identityKinds, {
    initial: 'embedded',
    about:
      'Who vouches for callers: the identity service that is built in, or the Keystone of a cloud; see [with Keystone](identity.md#with-keystone)',
  }),
  keystoneAuthUrl: {
    ...url('keystone_auth_url', {
      about: 'Where the service reaches Keystone; `/v3` is added when it is missing',
    }),
    read: (value) => readUrl(value)?.replace(/(?<!\/v3)$/, '/v3'),
  },
  keystoneWwwAuthenticateUri: url('keystone_www_authenticate_uri', {
    about: 'Where callers log in, told with each 401; without it `keystone_auth_url`',
  }),
  keystoneUsername: optional('keystone_username', 'The name of the service user'),
  keystonePassword: secret('keystone_password', 'The password of the service user'),
  keystoneUserDomainId: optional(
    'keystone_user_domain_id',
    'The domain of the service user, by its id',
  ),
  keystoneUserDomainName: optional(
    'keystone_user_domain_name',
    'The domain of the service user, by its name; `Default` without name and id',
  ),
  keystoneProjectName: optional(
    'keystone_project_name',
    'The project where the service user has its roles',
  ),
  keystoneProjectDomainId: optional(
    'keystone_project_domain_id',
    'The domain of that project, by its id',
  ),
  keystoneProjectDomainName: optional(
    'keystone_project_domain_name',
    'The domain of that project, by its name; `Default` without name and id',
  ),
  keystoneSystemScope: {
    key: 'keystone_system_scope',
    initial: undefined,
    about: 'Whether the service user has its roles on the system instead of a project',
    read: (value) => (value === 'all' ? value : undefined),
    wanted: '`all`',
  },
  keystoneApplicationCredentialId: optional(
    'keystone_application_credential_id',
    'The application credential to log in with instead of a user, a password and a scope',
  ),
  keystoneApplicationCredentialSecret: secret(
    'keystone_application_credential_secret',
    'The secret of the application credential',
  ),
  keystoneTokenCacheTime: integer('keystone_token_cache_time', {
    initial: 300,
    about:
      'Seconds for which an answer of Keystone holds at most, never past the expiry of a token; 0 asks for every request',
    min: 0,
    max: 3600,
  }),
  keystoneNameCacheTime: integer('keystone_name_cache_time', {
    initial: 600,
    about:
      'Seconds for which the name of a project or user that Keystone told is shown; 0 asks each time',
    min: 0,
    max: 86_400,
  }),
  keystoneTimeout: integer('keystone_timeout', {
    initial: 10,
    about: 'Seconds that a request waits for Keystone at most, login and retries included',
    min: 1,
    max: 300,
  }),
  keystoneCafile: {
    key: 'keystone_cafile',
    initial: undefined,
    about: 'Certificates to trust when Keystone is asked, instead of the usual authorities',
    read: readCertificates,
    wanted: 'the path of a file with certificates in PEM',
  },
};

function optional(key: string, about: string): Setting<string | undefined> {
  const read = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);
  return { key, initial: undefined, about, read, wanted: 'text' };
}

function secret(key: string, about: string): Setting<string | undefined> {
  return { ...optional(key, about), isSecret: true };
}

/** What it takes to ask a Keystone. */
export interface KeystoneSettings {
  readonly url: string;
  readonly wwwAuthenticateUri: string;
  readonly credentials: ServiceCredentials;
  /** Milliseconds. */
  readonly cacheTime: number;
  /** Milliseconds. */
  readonly nameCacheTime: number;
  /** Milliseconds. */
  readonly timeout: number;
  readonly ca: string | undefined;
}

/**
 * How to ask Keystone; undefined with the embedded identity service.
 *
 * @param tell takes what is missing
 */
export function keystoneSettingsOf(
  config: IdentityConfig,
  tell: (problem: string) => void,
): KeystoneSettings | undefined {
  if (config.identity !== 'keystone') return undefined;
  const { keystoneAuthUrl: authUrl } = config;
  const credentials = credentialsOf(config);
  if (authUrl === undefined) tell('keystone_auth_url: is wanted with identity keystone.');
  if (credentials === undefined) {
    tell(
      'identity: keystone wants keystone_username, keystone_password and either keystone_project_name or keystone_system_scope; or else keystone_application_credential_id and keystone_application_credential_secret.',
    );
  }
  if (authUrl === undefined || credentials === undefined) return undefined;
  return {
    url: authUrl,
    wwwAuthenticateUri: config.keystoneWwwAuthenticateUri ?? authUrl,
    credentials,
    cacheTime: config.keystoneTokenCacheTime * 1000,
    nameCacheTime: config.keystoneNameCacheTime * 1000,
    timeout: config.keystoneTimeout * 1000,
    ca: config.keystoneCafile,
  };
}

function credentialsOf(config: IdentityConfig): ServiceCredentials | undefined {
  const {
    keystoneApplicationCredentialId: id,
    keystoneApplicationCredentialSecret: secret,
    keystoneUsername: username,
    keystonePassword: password,
  } = config;
  if (id !== undefined && secret !== undefined) {
    return { kind: 'application_credential', id, secret };
  }
  const scope = scopeOf(config);
  if (username === undefined || password === undefined || !scope) return undefined;
  const userDomain = domainOf(config.keystoneUserDomainId, config.keystoneUserDomainName);
  return { kind: 'password', username, password, userDomain, scope };
}

function scopeOf(config: IdentityConfig): ServiceScope | undefined {
  if (config.keystoneSystemScope === 'all') return { kind: 'system' };
  const { keystoneProjectName: name } = config;
  if (name === undefined) return undefined;
  const domain = domainOf(config.keystoneProjectDomainId, config.keystoneProjectDomainName);
  return { kind: 'project', name, domain };
}

function domainOf(id: string | undefined, name: string | undefined): DomainReference {
  return id === undefined ? { name: name ?? 'Default' } : { id };
}

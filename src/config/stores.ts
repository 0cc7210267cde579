import { readCertificates } from './certificates.ts';
import { flag, integer, oneOf, type Setting, text, url } from './setting.ts';

/** Where image data is kept. What is not given is undefined. */
export interface StoreConfig {
  readonly store: StoreKind;
  /** Seconds for which an object server may be silent. */
  readonly storeTimeout: number;
  readonly s3StoreHost: string | undefined;
  readonly s3StoreRegionName: string | undefined;
  readonly s3StoreBucket: string | undefined;
  /** What stands before an image's id in an object's name. */
  readonly s3StorePrefix: string;
  readonly s3StoreAccessKey: string | undefined;
  readonly s3StoreSecretKey: string | undefined;
  readonly s3StoreBucketUrlFormat: (typeof bucketUrlFormats)[number];
  readonly s3StoreCreateBucketOnPut: boolean;
  /** MiB. */
  readonly s3StoreLargeObjectChunkSize: number;
  /** Certificates in PEM to trust, read from the file that the setting names. */
  readonly s3StoreCacert: string | undefined;
  readonly swiftStoreAuthAddress: string | undefined;
  readonly swiftStoreAuthVersion: (typeof authVersions)[number];
  /** `project:user`. */
  readonly swiftStoreUser: string | undefined;
  readonly swiftStoreKey: string | undefined;
  readonly swiftStoreUserDomainName: string;
  readonly swiftStoreProjectDomainName: string;
  readonly swiftStoreRegion: string | undefined;
  readonly swiftStoreEndpointType: (typeof endpointTypes)[number];
  readonly swiftStoreEndpoint: string | undefined;
  readonly swiftStoreContainer: string;
  readonly swiftStoreCreateContainerOnPut: boolean;
  /** MiB. */
  readonly swiftStoreLargeObjectChunkSize: number;
  /** Certificates in PEM to trust, read from the file that the setting names. */
  readonly swiftStoreCacert: string | undefined;
}

const storeKinds = ['file', 's3', 'swift'] as const;

type StoreKind = (typeof storeKinds)[number];

const bucketUrlFormats = ['auto', 'path', 'virtual'] as const;

const authVersions = ['1', '3'] as const;

const endpointTypes = ['publicURL', 'internalURL', 'adminURL'] as const;

const mib = 1024 * 1024;

type StoreSettings = { readonly [Name in keyof StoreConfig]: Setting<StoreConfig[Name]> };

const common = {
  store: oneOf('store', storeKinds, {
    initial: 'file',
    about:
      'Where the data of images is kept: in files below `data_dir`, in a bucket of S3 or in a container of Swift; see [Stores](stores.md)',
  }),
  storeTimeout: integer('store_timeout', {
    initial: 60,
    about: 'Seconds for which an object server may be silent before a request to it is given up',
    min: 1,
    max: 3600,
  }),
} as const satisfies Partial<StoreSettings>;

const s3 = {
  s3StoreHost: url('s3_store_host', {
    about: 'Where S3 is reached; without it Amazon, by the region',
  }),
  s3StoreRegionName: optional(
    's3_store_region_name',
    'The region of the bucket; without it the one that `AWS_REGION` or `~/.aws/config` has',
  ),
  s3StoreBucket: named('s3_store_bucket', {
    about: 'The bucket that holds the images',
    pattern: /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
    wanted: 'the name of a bucket: 3 to 63 small letters, digits, dots and hyphens',
  }),
  s3StorePrefix: {
    ...named('s3_store_prefix', {
      about:
        'What stands before the id of an image in the name of its object; it is for one service alone',
      pattern: /^[\w.-]+(\/[\w.-]+)*\/?$/,
      wanted: 'letters, digits, dots, hyphens and underscores, with slashes between them',
    }),
    initial: '',
  },
  s3StoreAccessKey: secret(
    's3_store_access_key',
    'The access key; without it and its secret the SDK looks in `AWS_ACCESS_KEY_ID`, in the files below `~/.aws` and at the role of the machine',
  ),
  s3StoreSecretKey: secret('s3_store_secret_key', 'The secret of the access key'),
  s3StoreBucketUrlFormat: oneOf('s3_store_bucket_url_format', bucketUrlFormats, {
    initial: 'auto',
    about:
      "Where the bucket stands in a URL: in the path or in the host's name (`virtual`); `auto` is the path with `s3_store_host`, else the name",
  }),
  s3StoreCreateBucketOnPut: flag('s3_store_create_bucket_on_put', {
    initial: false,
    about: 'Makes the bucket at the start when it is missing',
  }),
  s3StoreLargeObjectChunkSize: integer('s3_store_large_object_chunk_size', {
    initial: 10,
    about:
      'MiB of one part of a larger image; an upload keeps up to three parts in memory. Parts of images that would have more than 10,000 are larger',
    min: 5,
    max: 1024,
  }),
  s3StoreCacert: certificates('s3_store_cacert', 'S3'),
} as const satisfies Partial<StoreSettings>;

const swift = {
  swiftStoreAuthAddress: url('swift_store_auth_address', {
    about:
      "Where the service logs in to use Swift: Keystone's URL, or that of tempauth with `/auth/v1.0` at its end",
  }),
  swiftStoreAuthVersion: {
    ...oneOf('swift_store_auth_version', authVersions, {
      initial: '3',
      about: 'How it logs in: `3` for Keystone, `1` for tempauth',
    }),
    // A file has it as a number.
    read: (value: unknown) => authVersions.find((version) => version === String(value)),
  },
  swiftStoreUser: named('swift_store_user', {
    about: 'The user, with its project or account before it',
    pattern: /^[^:]+:.+$/,
    wanted: 'project:user',
  }),
  swiftStoreKey: secret('swift_store_key', 'The password or key of the user'),
  swiftStoreUserDomainName: text('swift_store_user_domain_name', {
    initial: 'Default',
    about: 'The domain of the user, by its name',
    wanted: 'a name',
  }),
  swiftStoreProjectDomainName: text('swift_store_project_domain_name', {
    initial: 'Default',
    about: 'The domain of the project, by its name',
    wanted: 'a name',
  }),
  swiftStoreRegion: optional(
    'swift_store_region',
    'The region whose Swift the catalog is asked for; without it the first',
  ),
  swiftStoreEndpointType: oneOf('swift_store_endpoint_type', endpointTypes, {
    initial: 'publicURL',
    about: 'Which address of Swift in the catalog is used',
  }),
  swiftStoreEndpoint: url('swift_store_endpoint', {
    about:
      'Where the account is, as `https://swift.example.com/v1/AUTH_images`; without it where the login says',
  }),
  swiftStoreContainer: {
    ...named('swift_store_container', {
      about: 'The container that holds the images; it is for one service alone',
      pattern: /^[\w.-]{1,256}$/,
      wanted: 'letters, digits, dots, hyphens and underscores',
    }),
    initial: 'vitrine',
  },
  swiftStoreCreateContainerOnPut: flag('swift_store_create_container_on_put', {
    initial: false,
    about: 'Makes the container at the start when it is missing',
  }),
  swiftStoreLargeObjectChunkSize: integer('swift_store_large_object_chunk_size', {
    initial: 16,
    about: 'MiB of one segment of a larger image; an upload keeps up to three segments in memory',
    min: 1,
    max: 1024,
  }),
  swiftStoreCacert: certificates('swift_store_cacert', 'Swift or its login'),
} as const satisfies Partial<StoreSettings>;

/** The settings of `StoreConfig`, in the order in which operators read of them. */
export const storeSettings: StoreSettings = { ...common, ...s3, ...swift };

function optional(key: string, about: string): Setting<string | undefined> {
  const read = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);
  return { key, initial: undefined, about, read, wanted: 'text' };
}

function secret(key: string, about: string): Setting<string | undefined> {
  return { ...optional(key, about), isSecret: true };
}

function certificates(key: string, whom: string): Setting<string | undefined> {
  return {
    key,
    initial: undefined,
    about: `Certificates to trust when ${whom} is asked, instead of the usual authorities`,
    read: readCertificates,
    wanted: 'the path of a file with certificates in PEM',
  };
}

interface Named {
  readonly about: string;
  readonly pattern: RegExp;
  readonly wanted: string;
}

function named(
  key: string,
  { about, pattern, wanted }: Named,
): Pick<Setting<string>, 'key' | 'about' | 'read' | 'wanted'> & { readonly initial: undefined } {
  const read = (value: unknown) =>
    typeof value === 'string' && pattern.test(value) ? value : undefined;
  return { key, initial: undefined, about, read, wanted };
}

/** What it takes to keep images with somebody else. */
export type RemoteStoreSettings = S3StoreSettings | SwiftStoreSettings;

/** Times in milliseconds, sizes in bytes. */
export interface S3StoreSettings {
  readonly kind: 's3';
  readonly endpoint: string | undefined;
  readonly region: string | undefined;
  readonly credentials:
    | { readonly accessKeyId: string; readonly secretAccessKey: string }
    | undefined;
  readonly pathStyle: boolean;
  readonly bucket: string;
  readonly prefix: string;
  readonly createsBucket: boolean;
  readonly partSize: number;
  readonly timeout: number;
  readonly ca: string | undefined;
}

/** Times in milliseconds, sizes in bytes. */
export interface SwiftStoreSettings {
  readonly kind: 'swift';
  readonly authUrl: string;
  readonly credentials:
    | { readonly version: '1'; readonly user: string; readonly key: string }
    | {
        readonly version: '3';
        readonly user: string;
        readonly key: string;
        readonly userDomain: string;
        readonly project: string;
        readonly projectDomain: string;
        readonly region: string | undefined;
        readonly endpointType: 'public' | 'internal' | 'admin';
      };
  readonly storageUrl: string | undefined;
  readonly container: string;
  readonly createsContainer: boolean;
  readonly partSize: number;
  readonly timeout: number;
  readonly ca: string | undefined;
}

/**
 * How to reach the store; undefined for files.
 *
 * @param tell takes what is missing
 */
export function remoteStoreOf(
  config: StoreConfig,
  tell: (problem: string) => void,
): RemoteStoreSettings | undefined {
  if (config.store === 's3') return s3SettingsOf(config, tell);
  if (config.store === 'swift') return swiftSettingsOf(config, tell);
  return undefined;
}

function s3SettingsOf(
  config: StoreConfig,
  tell: (problem: string) => void,
): S3StoreSettings | undefined {
  const { s3StoreBucket: bucket, s3StoreHost: endpoint, s3StoreBucketUrlFormat: format } = config;
  const { s3StoreAccessKey: accessKeyId, s3StoreSecretKey: secretAccessKey } = config;
  if (bucket === undefined) tell('s3_store_bucket: is wanted with store s3.');
  if ((accessKeyId === undefined) !== (secretAccessKey === undefined)) {
    tell('s3_store_access_key, s3_store_secret_key: both are wanted, or none.');
  }
  if (bucket === undefined) return undefined;
  const isGiven = accessKeyId !== undefined && secretAccessKey !== undefined;
  return {
    kind: 's3',
    endpoint,
    region: config.s3StoreRegionName,
    credentials: isGiven ? { accessKeyId, secretAccessKey } : undefined,
    pathStyle: format === 'path' || (format === 'auto' && endpoint !== undefined),
    bucket,
    prefix: config.s3StorePrefix,
    createsBucket: config.s3StoreCreateBucketOnPut,
    partSize: config.s3StoreLargeObjectChunkSize * mib,
    timeout: config.storeTimeout * 1000,
    ca: config.s3StoreCacert,
  };
}

function swiftSettingsOf(
  config: StoreConfig,
  tell: (problem: string) => void,
): SwiftStoreSettings | undefined {
  const { swiftStoreAuthAddress: authUrl, swiftStoreUser: user, swiftStoreKey: key } = config;
  if (authUrl === undefined) tell('swift_store_auth_address: is wanted with store swift.');
  if (user === undefined) tell('swift_store_user: is wanted with store swift.');
  if (key === undefined) tell('swift_store_key: is wanted with store swift.');
  if (authUrl === undefined || user === undefined || key === undefined) return undefined;
  return {
    kind: 'swift',
    authUrl,
    credentials: swiftCredentialsOf(config, user, key),
    storageUrl: config.swiftStoreEndpoint,
    container: config.swiftStoreContainer,
    createsContainer: config.swiftStoreCreateContainerOnPut,
    partSize: config.swiftStoreLargeObjectChunkSize * mib,
    timeout: config.storeTimeout * 1000,
    ca: config.swiftStoreCacert,
  };
}

const interfaces = { publicURL: 'public', internalURL: 'internal', adminURL: 'admin' } as const;

function swiftCredentialsOf(
  config: StoreConfig,
  name: string,
  key: string,
): SwiftStoreSettings['credentials'] {
  if (config.swiftStoreAuthVersion === '1') return { version: '1', user: name, key };
  const end = name.indexOf(':');
  return {
    version: '3',
    user: name.slice(end + 1),
    key,
    userDomain: config.swiftStoreUserDomainName,
    project: name.slice(0, end),
    projectDomain: config.swiftStoreProjectDomainName,
    region: config.swiftStoreRegion,
    endpointType: interfaces[config.swiftStoreEndpointType],
  };
}

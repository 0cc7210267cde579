import type { ConversionFormat } from '../domain/conversion.ts';
import { type ImportMethodName, importMethods } from '../domain/import.ts';
import type { ImportInjection } from '../domain/import-injection.ts';
import { conversionSettings } from './conversion.ts';
import { injectMetadataProperties } from './import-injection.ts';
import { integer, mapping, readUrl, type Setting } from './setting.ts';

/** What imports may do to data. */
export const importPlugins = ['image_decompression', 'image_conversion'] as const;

export type ImportPlugin = (typeof importPlugins)[number];

/** How data comes in without an upload, and what is told of it. */
export interface ImportConfig {
  readonly enabledImportMethods: readonly ImportMethodName[];
  /** What imports do to data on its way. */
  readonly imageImportPlugins: readonly ImportPlugin[];
  /** How many times as large as what it was packed to data may be. */
  readonly imageDecompressionMaxRatio: number;
  /** What images are converted to. */
  readonly imageConversionOutputFormat: ConversionFormat;
  /** GiB that a disk has inside that is converted, at most. */
  readonly imageConversionMaxSize: number;
  /** Seconds for one conversion, and seconds of the processor. */
  readonly imageConversionTimeLimit: number;
  /** The folder of what is being converted; empty for one in the data folder. */
  readonly imageConversionDir: string;
  /** Path of `qemu-img`. */
  readonly qemuImg: string;
  /** Where the object store has the containers of a project; empty where tasks take and make no objects. */
  readonly taskObjectStoreUrl: string;
  /** Properties that imports give images. */
  readonly injectMetadataProperties: ImportInjection;
  /** Hours for which a task is remembered once it is over. */
  readonly taskTimeToLive: number;
  /** Tasks that one process does at a time. */
  readonly taskPoolThreads: number;
  /** Stores that one import fills at a time. */
  readonly maxParallelStores: number;
  /** Where other regions have their Images API, by the names of regions. */
  readonly glanceDownloadRegions: ReadonlyMap<string, string>;
}

/** Where the id of a project stands in the URL of its containers, as in Keystone's catalog. */
export const projectPlace = '%(project_id)s';

/** The settings of `ImportConfig`, in the order in which operators read of them. */
export const importSettings = {
  enabledImportMethods: {
    key: 'enabled_import_methods',
    initial: ['glance-direct', 'web-download', 'copy-image'],
    initialText: 'glance-direct, web-download, copy-image',
    about: 'The ways in which data can be imported; see [import](import.md)',
    read: (value) => among(value, importMethods),
    wanted: `a list of ${importMethods.join(', ')}; \`none\` for none of them`,
  },
  imageImportPlugins: {
    key: 'image_import_plugins',
    initial: [],
    initialText: 'none',
    about:
      'What imports do to data on its way: [`image_decompression`](import.md#packed-data), [`image_conversion`](import.md#conversion)',
    read: (value) => among(value, importPlugins),
    wanted: `a list of ${importPlugins.join(', ')}; \`none\` for none of them`,
  },
  imageDecompressionMaxRatio: integer('image_decompression_max_ratio', {
    initial: 250,
    about: 'How many times as large as what it was packed to the data of an import may be',
    min: 1,
    max: 1_000_000,
  }),
  ...conversionSettings,
  injectMetadataProperties,
  taskTimeToLive: integer('task_time_to_live', {
    initial: 48,
    about: 'Hours for which a task is remembered once it is over',
    min: 1,
    max: 24 * 3650,
  }),
  taskObjectStoreUrl: {
    key: 'task_object_store_url',
    initial: '',
    about:
      'Where your Swift has the containers of a project, with `%(project_id)s` in its place: [tasks](import.md#objects-of-callers) then take and make objects',
    read(value) {
      if (value === '') return value;
      const address = readUrl(value);
      const isTemplate = address !== undefined && String(value).split(projectPlace).length === 2;
      return isTemplate ? String(value).replace(/\/+$/, '') : undefined;
    },
    wanted: `an http or https URL with ${projectPlace} in its path`,
  },
  taskPoolThreads: integer('task_pool_threads', {
    initial: 4,
    about: 'Tasks that one process does at a time; the rest waits',
    min: 1,
    max: 1000,
  }),
  maxParallelStores: integer('max_parallel_stores', {
    initial: 1,
    about: 'Stores that one import fills at a time',
    min: 1,
    max: 100,
  }),
  glanceDownloadRegions: {
    key: 'glance_download_regions',
    initial: new Map<string, string>(),
    initialText: '{}',
    about:
      'Where other regions have their Images API, by their names, for [`glance-download`](import.md#images-of-other-regions)',
    read(value) {
      const regions = Object.entries(mapping(value) ?? { '': undefined });
      const urls = regions.map(([name, address]) => [name, readUrl(address)] as const);
      const isRight = urls.every(([name, address]) => name !== '' && address !== undefined);
      return isRight ? new Map(urls.map(([name, address]) => [name, address ?? ''])) : undefined;
    },
    wanted: 'a mapping of names of regions to http or https URLs',
  },
} as const satisfies { readonly [Name in keyof ImportConfig]: Setting<ImportConfig[Name]> };

/** What unpacking may come to; undefined where imports keep data as it comes. */
export function unpackingOf({ imageImportPlugins, imageDecompressionMaxRatio }: ImportConfig) {
  if (!imageImportPlugins.includes('image_decompression')) return undefined;
  return { maxRatio: imageDecompressionMaxRatio };
}

/** Known words, each once. */
function among<Word extends string>(
  value: unknown,
  words: readonly Word[],
): readonly Word[] | undefined {
  const list = typeof value === 'string' ? value.split(',') : value;
  if (!Array.isArray(list)) return undefined;
  const given = list
    .map((name) => String(name).trim())
    .filter((name) => name !== '' && name !== 'none');
  const known = words.filter((word) => given.includes(word));
  return known.length === given.length ? known : undefined;
}

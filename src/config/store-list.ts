import { flag, integer, mapping, type ReadText, type Setting, structure, text } from './setting.ts';
import { type StoreConfig, storeSettings } from './stores.ts';

/** A store of several. */
export interface StoreEntry {
  readonly id: string;
  readonly type: (typeof storeTypes)[number];
  readonly description: string;
  /** Of several copies that of the largest weight is read first. */
  readonly weight: number;
  readonly isDefault: boolean;
  /** The settings that it has of its own. */
  readonly own: Partial<StoreConfig> & { readonly filesystemStoreDatadir?: string };
}

export const storeTypes = ['file', 'http', 's3', 'swift'] as const;

/** The keys of an entry beside the settings of stores. */
const about = {
  description: text('description', { initial: '', about: '', wanted: 'text' }),
  weight: integer('weight', { initial: 0, about: '', min: -1_000_000, max: 1_000_000 }),
  isDefault: flag('default', { initial: false, about: '' }),
} as const;

const datadir = text('filesystem_store_datadir', {
  initial: '',
  about: '',
  wanted: 'the path of a folder',
});

/** What an entry may set; settings of stores that it leaves out are as for the service. */
const entrySettings = Object.entries({
  ...about,
  ...storeSettings,
  filesystemStoreDatadir: datadir,
}).filter(([name]) => name !== 'store') as readonly (readonly [string, Setting<unknown>])[];

/** Several stores, instead of the one of `store`. */
export const storeList: Setting<readonly StoreEntry[]> = {
  key: 'stores',
  initial: [],
  initialText: '[]',
  about:
    'Several stores instead of the one that `store` says, each with its `id`, `type` and settings; see [several stores](stores.md#several-stores)',
  read(value, report, readText) {
    const list = structure(value);
    if (!Array.isArray(list)) return undefined;
    const problems: string[] = [];
    const entries = list.map((item, index) =>
      readEntry(item, `store ${index + 1}`, { problems, readText }),
    );
    const stores = entries.filter((entry) => entry !== undefined);
    if (problems.length === 0) checkTogether(stores, problems);
    for (const problem of problems) report(problem);
    return problems.length > 0 ? undefined : stores;
  },
  wanted: 'a list of stores, each a mapping with id and type',
};

interface Reading {
  readonly problems: string[];
  readonly readText: ReadText | undefined;
}

function readEntry(item: unknown, place: string, reading: Reading): StoreEntry | undefined {
  const { problems } = reading;
  const values = mapping(item);
  if (!values) {
    problems.push(`${place}: a mapping is wanted`);
    return undefined;
  }
  const { id, type: given, ...rest } = values;
  const name = readId(id, place, problems);
  const type = storeTypes.find((known) => known === given);
  if (!type) problems.push(`${place}: type: one of ${storeTypes.join(', ')} is wanted`);
  const read = new Map<string, unknown>();
  for (const [key, value] of Object.entries(rest)) {
    const found = entrySettings.find(([, setting]) => setting.key === key);
    if (found) read.set(found[0], readValue(found[1], value, `${place}: ${key}`, reading));
    else problems.push(`${place}: ${key}: is no setting of a store`);
  }
  if (name === undefined || !type) return undefined;
  const {
    description = '',
    weight = 0,
    isDefault = false,
    ...own
  } = Object.fromEntries(read) as {
    readonly description?: string;
    readonly weight?: number;
    readonly isDefault?: boolean;
  } & StoreEntry['own'];
  return { id: name, type, description, weight, isDefault, own };
}

function readId(id: unknown, place: string, problems: string[]): string | undefined {
  const isName = typeof id === 'string' && /^[\w.-]{1,64}$/.test(id);
  if (isName && !id.startsWith('os_glance_')) return id;
  const wanted = 'letters, digits, dots, hyphens and underscores, not beginning with os_glance_';
  problems.push(`${place}: id: 1 to 64 ${wanted}, are wanted`);
  return undefined;
}

function readValue(
  setting: Setting<unknown>,
  value: unknown,
  place: string,
  { problems, readText }: Reading,
): unknown {
  const told: string[] = [];
  const read = setting.read(value, (problem) => told.push(`${place}: ${problem}`), readText);
  if (read === undefined && told.length === 0) told.push(`${place}: ${setting.wanted} is wanted`);
  problems.push(...told);
  return read;
}

function checkTogether(stores: readonly StoreEntry[], problems: string[]): void {
  const ids = stores.map(({ id }) => id);
  for (const id of new Set(ids.filter((one, index) => ids.indexOf(one) !== index))) {
    problems.push(`${id}: there are two stores of that id`);
  }
  const defaults = stores.filter(({ isDefault }) => isDefault);
  if (defaults.length > 1) problems.push('default: more than one store is the default');
  if (defaults.some(({ type }) => type === 'http')) {
    problems.push('default: a store of type http takes no data');
  }
  if (stores.length > 0 && stores.every(({ type }) => type === 'http')) {
    problems.push('a store that takes data is wanted beside that of type http');
  }
  for (const { id, type, own } of stores) {
    if (type === 'file' && own.filesystemStoreDatadir === undefined) {
      problems.push(
        `${id}: filesystem_store_datadir: is wanted, each store has a folder of its own`,
      );
    }
  }
}

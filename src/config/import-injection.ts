import type { ImportInjection } from '../domain/import-injection.ts';
import { mapping, type Setting } from './setting.ts';

const none: ImportInjection = { properties: new Map(), ignoredRoles: ['admin'] };

const known = ['inject', 'ignore_user_roles'];

/** What an image may not have as a property of its own. */
const taken: ReadonlySet<string> = new Set(
  'id name status visibility protected os_hidden owner tags disk_format container_format min_disk min_ram size virtual_size checksum os_hash_algo os_hash_value created_at updated_at self file schema locations location direct_url stores deleted deleted_at'.split(
    ' ',
  ),
);

/** Properties that imports give images, and whose imports give none. */
export const injectMetadataProperties: Setting<ImportInjection> = {
  key: 'inject_metadata_properties',
  initial: none,
  initialText: '{}',
  about:
    'Properties that imported images are given: `inject` has them, `ignore_user_roles` the roles whose imports give none; see [import](import.md#properties-of-yours)',
  read(value, report) {
    const parts = mapping(value);
    if (!parts || Object.keys(parts).some((key) => !known.includes(key))) return undefined;
    const properties = Object.entries(mapping(parts['inject'] ?? {}) ?? { '': undefined });
    for (const [name] of properties.filter(([one]) => taken.has(one))) {
      report(`inject: ${name} is no custom property`);
    }
    const isRight = properties.every(([name, text]) => isName(name) && typeof text === 'string');
    const roles = parts['ignore_user_roles'] ?? none.ignoredRoles;
    const areRoles = Array.isArray(roles) && roles.every((role) => typeof role === 'string');
    if (!isRight || !areRoles) return undefined;
    return {
      properties: new Map(properties.map(([name, text]) => [name, String(text)])),
      ignoredRoles: roles.map((role) => role.toLowerCase()),
    };
  },
  wanted:
    'a mapping with inject, which has texts by the names of custom properties, and a list ignore_user_roles',
};

function isName(name: string): boolean {
  const isFree = !taken.has(name) && !name.startsWith('os_glance');
  return isFree && name.length > 0 && name.length <= 255;
}

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder of the package: the service runs from `src/`, or from what was built of it further down. */
export const packageRoot = rootAbove(import.meta.dirname);

function rootAbove(folder: string): string {
  if (existsSync(join(folder, 'package.json'))) return folder;
  const above = dirname(folder);
  if (above === folder) throw new Error('The service is in no package.');
  return rootAbove(above);
}

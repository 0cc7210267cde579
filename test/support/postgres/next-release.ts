// Loaded before the service, makes it the next release: one that knows further steps of the schema.
import { registerHooks } from 'node:module';

const steps = new URL('./next-steps.ts', import.meta.url).href;

const isContracted = process.env['VITRINE_TEST_CONTRACTED'] === 'yes';

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    // What is built of this release is not the next one, whose sources are these.
    if (url.endsWith('/src/built-service.js')) {
      const text = Buffer.from(loaded.source as Uint8Array).toString();
      const source = text.replace(/(export function findBuild\(.*?\) \{)/, '$1 return undefined;');
      if (source === text) throw new Error('The build is not found where it was.');
      return { ...loaded, source };
    }
    if (!url.endsWith('/src/database/postgres/migrations.ts')) return loaded;
    const names = isContracted
      ? "'9000-columns': nextColumns, '9001-index': nextIndex, '9002-contraction': nextContraction"
      : "'9000-columns': nextColumns, '9001-index': nextIndex";
    const text = Buffer.from(loaded.source as Uint8Array).toString();
    const source = text.replace(/(export const migrations[\s\S]*?)\n\};/, `$1\n${names}};`);
    if (source === text) throw new Error('The steps of the schema are not where they were.');
    return {
      ...loaded,
      source: `import { nextColumns, nextIndex, nextContraction } from '${steps}';\n${source}`,
    };
  },
});

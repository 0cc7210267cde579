/**
 * Proves that each gate closes: plants one violation at a time in a copy of the tree and expects the
 * gate to name it. A gate that lets one pass fails this script.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

interface Plant {
  readonly gate: string;
  readonly file: string;
  readonly source: string;
  readonly command: readonly string[];
  /** What the gate must say. */
  readonly says: string;
}

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const biome = ['biome', 'check', '--error-on-warnings'];
const layering = 'noRestrictedImports';

/** An import that the layer of `file` may not have. */
function forbidden(file: string, specifier: string): Plant {
  const source = `import type * as planted from '${specifier}';\n\nexport type Planted = typeof planted;\n`;
  return {
    gate: `layering: ${dirname(file)} -> ${specifier}`,
    file,
    source,
    command: [...biome, file],
    says: layering,
  };
}

const longFunction = `export function planted(): number[] {\n  const list: number[] = [];\n${'  list.push(1);\n'.repeat(70)}  return list;\n}\n`;
const branches = Array.from({ length: 9 }, (_, n) => `if (a > ${n}) { if (b > ${n}) total++; }`);
const complexFunction = `export function planted(a: number, b: number): number {\n let total = 0;\n ${branches.join('\n')}\n return total;\n}\n`;

function lint(file: string, source: string, says: string): Plant {
  return { gate: `biome: ${says}`, file, source, command: [...biome, file], says };
}

const plants: readonly Plant[] = [
  forbidden('src/domain/planted.ts', '../database/images.ts'),
  forbidden('src/domain/planted.ts', 'node:fs'),
  forbidden('src/domain/planted.ts', 'kysely'),
  forbidden('src/api/planted.ts', '../service/images.ts'),
  forbidden('src/database/planted.ts', '../api/schemas.ts'),
  forbidden('src/database/planted.ts', '../store/store.ts'),
  forbidden('src/store/planted.ts', '../database/images.ts'),
  forbidden('src/identity/planted.ts', '../database/images.ts'),
  forbidden('src/web/planted.ts', '../store/store.ts'),
  forbidden('src/http/planted.ts', '../web/web-client.ts'),
  forbidden('src/domain/planted.ts', '../web/web-client.ts'),
  forbidden('src/service/planted.ts', '../http/app.ts'),
  forbidden('src/service/planted.ts', 'fastify'),
  forbidden('src/http/planted.ts', '../database/images.ts'),
  forbidden('src/http/planted.ts', 'kysely'),
  forbidden('src/http/planted.ts', '../server.ts'),
  forbidden('src/client/planted.ts', '../service/images.ts'),
  forbidden('src/cli/planted.ts', '../database/images.ts'),
  forbidden('src/console/planted.ts', '../service/images.ts'),
  forbidden('src/console/planted.ts', 'node:fs'),
  forbidden('src/http/planted.ts', '../console/place.ts'),
  lint('src/domain/planted.ts', 'export default 1;\n', 'noDefaultExport'),
  lint('src/domain/planted.ts', "export const a = process.env['A'];\n", 'noProcessEnv'),
  lint('src/domain/planted.ts', 'export const a = [1] as any;\n', 'noExplicitAny'),
  lint('src/domain/planted.ts', longFunction, 'noExcessiveLinesPerFunction'),
  lint('src/domain/planted.ts', complexFunction, 'noExcessiveCognitiveComplexity'),
  lint('src/domain/Planted.ts', 'export const a = 1;\n', 'useFilenamingConvention'),
  lint('src/domain/planted.ts', "export { isAdmin } from './caller';\n", 'useImportExtensions'),
  {
    gate: 'oxlint: no-floating-promises',
    file: 'src/domain/planted.ts',
    source:
      'async function later(): Promise<void> {}\n\nexport function planted(): void {\n  later();\n}\n',
    command: ['oxlint', '--type-aware', '--deny-warnings', 'src/domain'],
    says: 'no-floating-promises',
  },
  {
    gate: 'tsc: a page that asks for what is not there',
    file: 'src/console/planted.tsx',
    source: 'export const planted = <p className={1} />;\n',
    command: ['tsc', '--noEmit', '-p', 'src/console'],
    says: 'src/console/planted.tsx',
  },
  {
    gate: 'tsc: a domain error without a status',
    file: 'src/http/planted.ts',
    source:
      "import type { ErrorCode } from '../domain/errors.ts';\n\nexport const planted = { NotFound: 404 } as const satisfies Record<ErrorCode, number>;\n",
    command: ['tsc', '--noEmit'],
    says: 'src/http/planted.ts',
  },
  {
    gate: 'knip: an export that nothing uses',
    file: 'src/domain/planted.ts',
    source: 'export const planted = 1;\n',
    command: ['knip'],
    says: 'src/domain/planted.ts',
  },
];

function copyTree(): string {
  const copy = mkdtempSync(join(tmpdir(), 'vitrine-gates-'));
  const names = ['src', 'test', 'bench', 'scripts', 'bin', 'package.json', 'tsconfig.json'];
  for (const name of [...names, 'biome.json', '.oxlintrc.json', 'knip.json']) {
    cpSync(join(root, name), join(copy, name), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}

/** Whether the gate refuses the planted file, and says why. */
function closes(copy: string, { file, source, command, says }: Plant): boolean {
  const path = join(copy, file);
  writeFileSync(path, source);
  const [tool = '', ...parameters] = command;
  const run = spawnSync(join(copy, 'node_modules', '.bin', tool), parameters, {
    cwd: copy,
    encoding: 'utf8',
  });
  rmSync(path);
  return run.status !== 0 && `${run.stdout}${run.stderr}`.includes(says);
}

const copy = copyTree();
try {
  const open = plants.filter((plant) => {
    const isClosed = closes(copy, plant);
    console.log(`${isClosed ? 'closes' : 'OPEN  '}  ${plant.gate}`);
    return !isClosed;
  });
  console.log(`${plants.length - open.length} gates close, ${open.length} are open.`);
  if (open.length > 0) process.exitCode = 1;
} finally {
  rmSync(copy, { recursive: true, force: true });
}

import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The code blocks of one language in a document of `docs/`, in order. */
export async function codeBlocks(document: string, language: string): Promise<readonly string[]> {
  const text = await readFile(`${root}/docs/${document}`, 'utf8');
  const fences = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms');
  return [...text.matchAll(fences)].map(([, block = '']) => block);
}

/** Runs commands of a document as a reader does, in the folder of the project; returns what they print. */
export async function runCommands(
  commands: string,
  environment: Readonly<Record<string, string>>,
): Promise<string> {
  const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', commands], {
    cwd: root,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...environment },
  });
  return stdout;
}

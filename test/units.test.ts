// The tests that lie beside what they test, all in one process: to start one for each costs more than they do.
import { globSync } from 'node:fs';

for (const file of globSync('../src/**/*.test.ts', { cwd: import.meta.dirname }).toSorted()) {
  await import(`./${file}`);
}

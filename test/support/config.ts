import { type Config, loadConfig } from '../../src/config.ts';

/** The configuration that an operator gets from this file, and from these variables before it. */
export function configOf(file: string, environment: Readonly<Record<string, string>> = {}): Config {
  return loadConfig({ VITRINE_CONFIG: 'vitrine.yaml', ...environment }, () => file);
}

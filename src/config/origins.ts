import { type Setting, structure } from './setting.ts';

/** The origins whose pages may call the service. */
export const corsAllowedOrigins: Setting<readonly string[]> = {
  key: 'cors_allowed_origins',
  initial: [],
  about: 'Origins whose pages may call the service from a browser',
  read(value) {
    const origins = structure(value);
    return Array.isArray(origins) && origins.every(isOrigin) ? origins : undefined;
  },
  wanted: 'a list of origins such as "https://dashboard.example.com", or ["*"],',
};

function isOrigin(value: unknown): value is string {
  if (value === '*') return true;
  return typeof value === 'string' && URL.canParse(value) && new URL(value).origin === value;
}

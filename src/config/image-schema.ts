import { parseSchemaAdditions, type SchemaAdditions } from '../api/schema-additions.ts';
import { mapping, type Setting } from './setting.ts';

/** What the operator adds to the schema of images. */
export const imageSchema: Setting<SchemaAdditions> = {
  key: 'image_schema',
  initial: { properties: {}, required: [] },
  initialText: '{}',
  about: 'Custom properties that the schema of images describes, and those that are required',
  read(value, report) {
    const parts = mapping(value);
    if (!parts) return undefined;
    let failed = false;
    const additions = parseSchemaAdditions(parts, (problem) => {
      failed = true;
      report(problem);
    });
    return failed ? undefined : additions;
  },
  wanted: 'a mapping with properties and required',
};

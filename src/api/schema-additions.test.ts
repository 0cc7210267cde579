import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseImageDraft } from './image-draft.ts';
import { parseImagePatch } from './image-patch.ts';
import { imageSchemaWith } from './image-schema.ts';
import { parseSchemaAdditions } from './schema-additions.ts';

function additionsOf(parts: Readonly<Record<string, unknown>>) {
  const problems: string[] = [];
  const additions = parseSchemaAdditions(parts, (problem) => problems.push(problem));
  return { additions, problems };
}

const { additions, problems } = additionsOf({
  properties: {
    team: { type: 'string', description: 'Who looks after it', enum: ['red', 'blue'] },
    ticket: { type: ['null', 'string'], maxLength: 8, is_base: false },
    os_distro: { type: 'string', enum: ['debian'] },
  },
  required: ['team', 'name'],
});
const schema = imageSchemaWith(additions);
const whole = { name: 'n', team: 'red' };

test('what an operator may add is taken', () => {
  assert.deepEqual(problems, []);
});

describe('a documented property', () => {
  test('is in the documents of image and images, as none of the base', () => {
    const image = Object(schema.documents['/v2/schemas/image']);
    const images = Object(schema.documents['/v2/schemas/images']);

    assert.deepEqual(image.properties.team, {
      type: 'string',
      description: 'Who looks after it',
      enum: ['red', 'blue'],
      is_base: false,
    });
    assert.deepEqual(image.required, ['team', 'name']);
    assert.deepEqual(image.properties.name, { ...image.properties.name });
    assert.deepEqual(images.properties.images.items.properties, image.properties);
    assert.equal(images.properties.images.items.required, undefined);
    assert.equal(Object.keys(schema.documents).length, 16);
  });

  const wrong: readonly (readonly [name: string, value: unknown, message: RegExp])[] = [
    ['team', 'green', /^team: must be one of red, blue\.$/],
    ['team', null, /^team: must be one of/],
    ['team', 5, /^team: /],
    ['ticket', '123456789', /^ticket: /],
    ['os_distro', 'fedora', /^os_distro: must be one of debian/],
    ['other', 5, /^other: /],
  ];
  for (const [name, value, message] of wrong) {
    test(`takes no ${JSON.stringify(value)} for ${name}, on create and patch`, () => {
      const operation = { op: 'add', path: `/${name}`, value };
      const refusal = { code: 'InvalidRequest', message };

      assert.throws(() => parseImageDraft({ ...whole, [name]: value }, schema), refusal);
      assert.throws(() => parseImagePatch([operation], 'v2.1', schema), refusal);
    });
  }

  test('may be null where it says so, and reads back as empty text', () => {
    const { draft } = parseImageDraft({ ...whole, ticket: null }, schema);

    assert.equal(draft.properties.get('ticket'), '');
  });
});

describe('a required property', () => {
  test('must be given on create, base or custom', () => {
    assert.doesNotThrow(() => parseImageDraft(whole, schema));
    for (const name of ['team', 'name']) {
      const { [name]: _, ...rest } = { ...whole } as Record<string, unknown>;
      assert.throws(() => parseImageDraft(rest, schema), {
        code: 'InvalidRequest',
        message: `${name}: is required.`,
      });
    }
  });

  test('is not removed by a patch, others are', () => {
    const remove = (name: string) =>
      parseImagePatch([{ op: 'remove', path: `/${name}` }], 'v2.1', schema);

    assert.throws(() => remove('team'), { code: 'InvalidRequest', message: /^team: is required/ });
    assert.deepEqual(remove('ticket'), [{ kind: 'removeProperty', name: 'ticket' }]);
  });

  test('is none unless the operator says so', () => {
    assert.doesNotThrow(() => parseImageDraft({}));
  });
});

describe('what an operator may not add', () => {
  const cases: readonly (readonly [parts: Readonly<Record<string, unknown>>, problem: RegExp])[] = [
    [{ propertys: {} }, /^propertys: is not known here/],
    [{ properties: [] }, /^properties: a mapping/],
    [{ properties: { name: { type: 'string' } } }, /^properties\.name: is a property of the API/],
    [{ properties: { os_glance_a: { type: 'string' } } }, /reserved/],
    [{ properties: { deleted: { type: 'string' } } }, /reserved/],
    [{ properties: { ['x'.repeat(256)]: { type: 'string' } } }, /1 to 255 characters/],
    [{ properties: { a: { type: 'integer' } } }, /^properties\.a: type/],
    [{ properties: { a: 'string' } }, /^properties\.a: type/],
    [{ properties: { a: null } }, /^properties\.a: type/],
    [{ properties: { a: { type: 'string', pattern: '(a+)+$' } } }, /^properties\.a: type/],
    [{ properties: { a: { type: 'string', enum: [] } } }, /^properties\.a: type/],
    [{ properties: { a: { type: 'string', is_base: true } } }, /^properties\.a: type/],
    [{ required: 'name' }, /^required: a list/],
    [{ required: ['nonesuch'] }, /^required: nonesuch is no property/],
    [{ required: ['size'] }, /^required: size is no property that callers give/],
  ];
  for (const [parts, problem] of cases) {
    test(JSON.stringify(parts).slice(0, 60), () => {
      const told = additionsOf(parts).problems;

      assert.equal(told.length, 1);
      assert.match(told[0] ?? '', problem);
    });
  }
});

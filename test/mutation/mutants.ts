import { parseSync } from 'oxc-parser';

/** A source with one small thing changed, which a test should notice. */
export interface Mutant {
  /** Beginning at 1. */
  readonly line: number;
  readonly from: string;
  readonly to: string;
  readonly source: string;
}

const swapped: Readonly<Record<string, readonly string[]>> = {
  '===': ['!=='],
  '!==': ['==='],
  '<': ['<=', '>='],
  '<=': ['<', '>'],
  '>': ['>=', '<='],
  '>=': ['>', '<'],
  '&&': ['||'],
  '||': ['&&'],
  '??': ['&&'],
  '+': ['-'],
  '-': ['+'],
  '*': ['/'],
  '/': ['*'],
};

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

interface Change {
  readonly start: number;
  readonly end: number;
  readonly to: string;
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value;
}

function isBoolean(node: Node): boolean {
  return node.type === 'Literal' && typeof node['value'] === 'boolean';
}

/** Every mutant of a TypeScript module; types, imports and texts of errors are left as they are. */
export function* mutantsOf(path: string, source: string): Generator<Mutant> {
  const { program, errors } = parseSync(path, source);
  if (errors.length > 0) throw new Error(`${path}: ${errors[0]?.message}`);
  for (const { start, end, to } of changesIn(program as unknown as Node, source)) {
    yield {
      line: source.slice(0, start).split('\n').length,
      from: source.slice(start, end),
      to,
      source: source.slice(0, start) + to + source.slice(end),
    };
  }
}

const untouched = /^(TS|Import|ExportAll|TemplateLiteral)/;

function* changesIn(node: Node, source: string): Generator<Change> {
  // What an error says is for people: tests look for what matters of it.
  if (untouched.test(node.type) || node.type === 'ThrowStatement') {
    if (node.type === 'ThrowStatement') yield { ...placeOf(node), to: ';' };
    return;
  }
  yield* changesOf(node, source);
  for (const value of Object.values(node)) {
    for (const child of [value].flat()) if (isNode(child)) yield* changesIn(child, source);
  }
}

function placeOf({ start, end }: Node) {
  return { start, end };
}

function* changesOf(node: Node, source: string): Generator<Change> {
  const { type } = node;
  if (type === 'BinaryExpression' || type === 'LogicalExpression') yield* operatorOf(node, source);
  if (type === 'UnaryExpression' && node['operator'] === '!') {
    yield { start: node.start, end: node.start + 1, to: '' };
  }
  if (isBoolean(node)) {
    yield { ...placeOf(node), to: String(!node['value']) };
  }
  if (type === 'IfStatement' || type === 'ConditionalExpression') {
    const test = node['test'] as Node;
    for (const to of ['true', 'false']) yield { ...placeOf(test), to };
  }
  if (type === 'ExpressionStatement' && !node['directive']) yield { ...placeOf(node), to: ';' };
  // Where a boolean is wanted nothing is what false is; booleans are turned round above.
  if (type === 'ReturnStatement' && isNode(node['argument']) && !isBoolean(node['argument'])) {
    yield { ...placeOf(node['argument']), to: 'undefined as never' };
  }
}

function* operatorOf(node: Node, source: string): Generator<Change> {
  const [left, right] = [node['left'] as Node, node['right'] as Node];
  const operator = String(node['operator']);
  const start = source.indexOf(operator, left.end);
  if (start < 0 || start > right.start) return;
  for (const to of swapped[operator] ?? []) yield { start, end: start + operator.length, to };
}

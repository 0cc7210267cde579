/** The custom properties of an image: always text, by their names. */
export type Properties = ReadonlyMap<string, string>;

/** Custom properties from the JSON object that keeps them, which is read only once somebody asks for one. */
export function propertiesFromJson(text: string): Properties {
  return text === emptyJson ? none : new KeptProperties(text);
}

/** The JSON object that keeps these properties: at once for those that came from one. */
export function propertiesToJson(properties: Properties): string {
  if (properties instanceof KeptProperties) return properties.json;
  return properties.size === 0 ? emptyJson : JSON.stringify(Object.fromEntries(properties));
}

const emptyJson = '{}';

const none: Properties = new Map();

/** Most images that are read are written out again, and nobody looks at a single property. */
class KeptProperties implements Properties {
  readonly json: string;
  #read: Properties | undefined;

  constructor(json: string) {
    this.json = json;
  }

  get #values(): Properties {
    this.#read ??= read(this.json);
    return this.#read;
  }

  get size(): number {
    return this.#values.size;
  }

  get(name: string): string | undefined {
    return this.#values.get(name);
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  forEach(visit: (value: string, name: string, properties: Properties) => void): void {
    for (const [name, value] of this.#values) visit(value, name, this);
  }

  entries(): MapIterator<[string, string]> {
    return this.#values.entries();
  }

  keys(): MapIterator<string> {
    return this.#values.keys();
  }

  values(): MapIterator<string> {
    return this.#values.values();
  }

  [Symbol.iterator](): MapIterator<[string, string]> {
    return this.#values[Symbol.iterator]();
  }
}

function read(json: string): Properties {
  const values = JSON.parse(json) as Record<string, string>;
  return new Map(Object.keys(values).map((name) => [name, values[name] as string]));
}

/** The parts of OpenAPI 3.1 that the page shows. */
export interface Document {
  info: { title: string; version: string; summary?: string; description?: string };
  tags?: { name: string; description?: string }[];
  paths: Record<string, Record<string, Operation>>;
  components?: { schemas?: Record<string, Schema> };
}

export interface Operation {
  operationId: string;
  summary?: string;
  description?: string;
  tags?: string[];
  deprecated?: boolean;
  parameters?: Parameter[];
  requestBody?: { required?: boolean; content: Content };
  responses: Record<string, Reply>;
}

export interface Parameter {
  name: string;
  in: "path" | "query" | "header" | "cookie";
  required?: boolean;
  description?: string;
  schema?: Schema;
}

export interface Reply {
  description: string;
  headers?: Record<string, { description?: string }>;
  content?: Content;
}

export type Content = Record<
  string,
  { schema?: Schema; examples?: Record<string, { summary?: string; value?: unknown }> }
>;

export interface Schema {
  $ref?: string;
  type?: string | string[];
  title?: string;
  description?: string;
  format?: string;
  const?: unknown;
  enum?: unknown[];
  default?: unknown;
  examples?: unknown[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  oneOf?: Schema[];
  anyOf?: Schema[];
  allOf?: Schema[];
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  maxItems?: number;
}

/** An operation with where it is. */
export interface Endpoint extends Operation {
  method: string;
  path: string;
}

export interface Group {
  name: string;
  description?: string;
  endpoints: Endpoint[];
}

const METHODS = new Set(["get", "post", "put", "patch", "delete"]);

/** What a `$ref` points at, within the document. */
export function resolve(document: Document, schema: Schema): Schema {
  const name = schema.$ref?.replace("#/components/schemas/", "");
  const target = name === undefined ? undefined : document.components?.schemas?.[name];
  return target ? { title: name ?? "", ...target } : schema;
}

/** The operations by their first tag, in the document's order. */
export function groups(document: Document): Group[] {
  const found = new Map<string, Group>(document.tags?.map((tag) => [tag.name, { ...tag, endpoints: [] }]));
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      if (!METHODS.has(method)) continue;
      const name = operation.tags?.[0] ?? "Other";
      const group = found.get(name) ?? { name, endpoints: [] };
      group.endpoints.push({ ...operation, method: method.toUpperCase(), path });
      found.set(name, group);
    }
  }
  return [...found.values()].filter((group) => group.endpoints.length > 0);
}

/** A value of the schema's shape, made of the examples that it gives. */
export function example(document: Document, given: Schema, depth = 0): unknown {
  const schema = resolve(document, given);
  if (schema.examples?.length) return schema.examples[0];
  if (schema.const !== undefined) return schema.const;
  if (schema.default !== undefined) return schema.default;
  if (schema.enum) return schema.enum[0];
  const variant = (schema.oneOf ?? schema.anyOf ?? schema.allOf)?.[0];
  if (variant) return example(document, variant, depth);
  if (schema.properties && depth < 5) {
    const members = Object.entries(schema.properties);
    return Object.fromEntries(members.map(([name, it]) => [name, example(document, it, depth + 1)]));
  }
  if (schema.items) return [example(document, schema.items, depth + 1)];
  return (
    { string: "text", integer: 1, number: 1, boolean: true, object: {} }[typeNames(schema)[0] ?? ""] ?? null
  );
}

/** The schema's type in words, such as “string or null”. */
export function typeOf(document: Document, given: Schema): string {
  const schema = resolve(document, given);
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((it) => JSON.stringify(it)).join(" or ");
  const variants = schema.oneOf ?? schema.anyOf;
  if (variants) return variants.map((it) => typeOf(document, it)).join(" or ");
  if (schema.items) return `array of ${typeOf(document, schema.items)}`;
  if (given.$ref) return schema.title ?? "object";
  return typeNames(schema).join(" or ") || "any";
}

/** The schema's limits in words. */
export function limits(schema: Schema): string[] {
  const { minLength, maxLength, minimum, maximum, maxItems, format } = schema;
  const number = (value: number) => value.toLocaleString("en");
  return [
    format,
    minLength !== undefined &&
      `at least ${number(minLength)} ${minLength === 1 ? "character" : "characters"}`,
    maxLength !== undefined && `at most ${number(maxLength)} characters`,
    minimum !== undefined && `at least ${number(minimum)}`,
    maximum !== undefined && `at most ${number(maximum)}`,
    maxItems !== undefined && `at most ${number(maxItems)} items`,
  ].filter((it) => typeof it === "string");
}

function typeNames(schema: Schema): string[] {
  return [schema.type ?? (schema.properties ? "object" : [])].flat();
}

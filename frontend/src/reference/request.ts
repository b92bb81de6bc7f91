import type { Endpoint } from "./openapi";

/** A request as the form describes it. */
export interface Request {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string | undefined;
}

/** What came back; status 0 when nothing did. */
export interface Outcome {
  status: number;
  ms: number;
  text: string;
}

const MOST = 20_000;

export function request(
  endpoint: Endpoint,
  values: Record<string, string>,
  body: string | undefined,
): Request {
  const { method, parameters = [] } = endpoint;
  let { path } = endpoint;
  const query = new URLSearchParams();
  const headers: Record<string, string> = body === undefined ? {} : { "Content-Type": "application/json" };
  for (const { name, in: place } of parameters) {
    const value = values[name] ?? "";
    if (place === "path")
      path = path.replace(`{${name}}`, value === "" ? `{${name}}` : encodeURIComponent(value));
    else if (value !== "" && place === "query") query.set(name, value);
    else if (value !== "" && place === "header") headers[name] = value;
  }
  return { method, path: query.size > 0 ? `${path}?${query}` : path, headers, body };
}

export async function send({ method, path, headers, body }: Request): Promise<Outcome> {
  const began = performance.now();
  try {
    const response = await fetch(path, { method, headers, ...(body !== undefined && { body }) });
    const text = await response.text();
    return { status: response.status, ms: Math.round(performance.now() - began), text: readable(text) };
  } catch {
    return { status: 0, ms: 0, text: "" };
  }
}

/** The same request for a terminal. */
export function curl({ method, path, headers, body }: Request): string {
  const parts = [`curl -X ${method} ${quoted(location.origin + path)}`];
  for (const [name, value] of Object.entries(headers)) parts.push(`-H ${quoted(`${name}: ${value}`)}`);
  if (body !== undefined) parts.push(`-d ${quoted(body)}`);
  return parts.join(" \\\n  ");
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function readable(text: string): string {
  const whole = pretty(text);
  return whole.length > MOST ? `${whole.slice(0, MOST)}\n… ${whole.length - MOST} more characters` : whole;
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

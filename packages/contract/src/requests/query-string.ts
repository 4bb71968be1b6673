import { shown } from "../shown.ts";

/** Parameters in the order they were written, decoded; names may repeat. */
export type QueryParameters = readonly (readonly [name: string, value: string])[];

const PLAIN = /^[^%+]*$/;
const VISIBLE_ASCII = /^[\x21-\x7e]*$/;

/**
 * Reads a raw query string (without "?") as form encoding: "+" is a space, `%XX` are UTF-8 bytes.
 * A fault is a sentence. Empty pieces (`a=1&`) are skipped; a piece without "=" has an empty value.
 */
export function parseQuery(rawQuery: string): QueryParameters | string {
  if (!VISIBLE_ASCII.test(rawQuery))
    return "the query has a character that must be percent-encoded";
  const parameters: (readonly [string, string])[] = [];
  for (const piece of rawQuery.split("&")) {
    if (piece === "") continue;
    const equals = piece.indexOf("=");
    const name = decodeForm(equals === -1 ? piece : piece.slice(0, equals));
    const value = equals === -1 ? "" : decodeForm(piece.slice(equals + 1));
    if (name === null || value === null) return `${shown(piece)} is not percent-encoded UTF-8`;
    parameters.push([name, value]);
  }
  return parameters;
}

/**
 * Undoes percent-encoding; null when a `%` is not followed by two hex digits or the bytes are not
 * UTF-8.
 */
export function decodePercent(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

function decodeForm(text: string): string | null {
  return PLAIN.test(text) ? text : decodePercent(text.replaceAll("+", " "));
}

/** Named parameters of one request, or what is wrong with their names. */
export type NamedQuery =
  | { readonly values: ReadonlyMap<string, string> }
  | { readonly unknown: string }
  | { readonly repeated: string };

/** Sorts parameters by name. The first unknown or repeated one, in their order, decides. */
export function nameQuery(parameters: QueryParameters, known: readonly string[]): NamedQuery {
  const values = new Map<string, string>();
  for (const [name, value] of parameters) {
    if (!known.includes(name)) return { unknown: name };
    if (values.has(name)) return { repeated: name };
    values.set(name, value);
  }
  return { values };
}

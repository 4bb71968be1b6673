/** JSON that is written again as it was read, digit for digit. */

/** Newer engines tell a reviver how a number was written; their type declarations lag behind. */
interface ExactJson {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { readonly source: string }) => unknown,
  ): unknown;
  rawJSON(text: string): unknown;
}

/** A number that a float would change stays as it was written. */
export function exactJson(text: string): unknown {
  const json = JSON as unknown as ExactJson;
  return json.parse(text, (_key, value, { source }) => {
    return typeof value === "number" && String(value) !== source ? json.rawJSON(source) : value;
  });
}

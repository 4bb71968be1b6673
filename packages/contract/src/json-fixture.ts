/** JSON as the gateway reads it, for tests. */
import { JsonFault, type JsonValue, parseExact } from "./json-exact.ts";

/** The value of a text that must be JSON. */
export function json(text: string): JsonValue {
  const value = parseExact(text);
  if (value instanceof JsonFault) throw new Error(`${value.what}: ${text}`);
  return value;
}

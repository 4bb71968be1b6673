/** JSON without a float: decimals come as the digits the gateway wrote. */
import { INTEGER_FIELDS } from "./wire.ts";

/** Newer engines tell a reviver how a number was written; their type declarations lag behind. */
interface ExactJson {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context?: { readonly source?: string }) => unknown,
  ): unknown;
}

/** A place in an array, as a reviver names it. */
const INDEX = /^[0-9]+$/;

/**
 * Reads an answer or a message: members of {@link INTEGER_FIELDS} are numbers, every other number
 * is its own digits as text, and an error's code has eight digits however it is written. On engines
 * without source text (Node before 22, Safari before 18.4) digits beyond what a float holds are
 * lost.
 * @throws SyntaxError when the text is not JSON
 * @example
 * assert.deepEqual(parseWire('{"price":423.830,"seq":7}'), { price: "423.830", seq: 7 });
 */
export function parseWire(text: string): unknown {
  return (JSON as ExactJson).parse(text, (key, value, context) => {
    if (key === "code") return codeOf(value);
    if (typeof value === "number" && !INTEGER_FIELDS.has(key)) {
      return context?.source ?? String(value);
    }
    return isLevel(key, value) ? [value[0], value[1], Number(value[2])] : value;
  });
}

/**
 * Reads a message of a stream, whose type says what it is; null where it is none.
 * @example
 * assert.deepEqual(parseMessage('{"type":"live","seq":7}'), { type: "live", seq: 7 });
 * assert.equal(parseMessage("[]"), null);
 */
export function parseMessage<Message extends { readonly type: string }>(
  text: string,
): Message | null {
  try {
    const message = parseWire(text);
    const isMessage = typeof message === "object" && message !== null && "type" in message;
    return isMessage ? (message as Message) : null;
  } catch {
    return null;
  }
}

/** Codes have eight digits; gateways of this API also write `30202` or `"030202"` for 11030202. */
const SHORT_CODE = /^0?[0-9]{5}$/;
const PRODUCT = 11_000_000;

function codeOf(value: unknown): unknown {
  if (typeof value !== "number" && typeof value !== "string") return value;
  if (SHORT_CODE.test(String(value))) return PRODUCT + Number(value);
  return /^[0-9]{8}$/.test(String(value)) ? Number(value) : value;
}

/** A price of a book: price and quantity are decimals, the number of orders is not. */
function isLevel(key: string, value: unknown): value is readonly [string, string, string] {
  return INDEX.test(key) && Array.isArray(value) && value.length === 3;
}

/** Writes a request. Absent and undefined members are left out. */
export function writeWire(value: unknown): string {
  return JSON.stringify(value);
}

/** Writes a query string without "?", members in their order; undefined ones are left out. */
export function writeQuery(members: Readonly<Record<string, string | number | undefined>>): string {
  return Object.entries(members)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`)
    .join("&");
}

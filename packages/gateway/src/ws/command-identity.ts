/** What names a command sent on a socket, so that the same one again gets the same reply. */
import { createHash } from "node:crypto";
import { JsonObject, type JsonValue, LIMITS, NumberText, parseExact } from "@countermand/contract";
import { assert } from "@countermand/core/assert";
import type { UnixMs } from "@countermand/core/model";
import { FINGERPRINT_CHARACTERS } from "../auth/authenticate.ts";
import type { RequestIdentity } from "../sequencer/sequencer.ts";

/**
 * The identity of a message that was decoded as a command. The id names it, per API key. Its
 * content is `op` and `data`: the same whatever the order of members and the white space, another
 * one as soon as a value is written differently (`1.0` is not `1`).
 */
export function commandIdentity(
  apiKey: string,
  id: string,
  text: string,
  wallMs: number,
): RequestIdentity {
  return {
    fingerprint: digest(`command\0${apiKey}\0${id}`),
    contentDigest: digest(commandContent(text)),
    expiresAtMs: (wallMs + LIMITS.commandMemoryMs.value) as UnixMs,
  };
}

function commandContent(text: string): string {
  const message = parseExact(text);
  assert(message instanceof JsonObject, "a decoded command is a JSON object");
  const op = message.get("op");
  const data = message.get("data");
  assert(op !== undefined && data !== undefined, "a decoded command has op and data");
  return `${canonical(op)}${canonical(data)}`;
}

/**
 * JSON text without white space, members in the order of their names, numbers as they were written.
 */
function canonical(value: JsonValue): string {
  if (value instanceof NumberText) return value.text;
  if (value instanceof JsonObject) {
    const members = value.names.map((name, index) => [name, value.values[index] ?? null] as const);
    members.sort(([a], [b]) => (a < b ? -1 : 1));
    const texts = members.map(([name, each]) => `${JSON.stringify(name)}:${canonical(each)}`);
    return `{${texts.join(",")}}`;
  }
  if (typeof value === "object" && value !== null) return `[${value.map(canonical).join(",")}]`;
  return JSON.stringify(value);
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("base64url").slice(0, FINGERPRINT_CHARACTERS);
}

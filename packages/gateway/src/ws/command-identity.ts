/** What names a command sent on a socket, so that the same one again gets the same reply. */
import { hash } from "node:crypto";
import {
  JsonObject,
  type JsonValue,
  LIMITS,
  NumberText,
  type SocketCommand,
} from "@countermand/contract";
import { at } from "@countermand/core/assert";
import type { UnixMs } from "@countermand/core/model";
import { FINGERPRINT_CHARACTERS } from "../auth/authenticate.ts";
import type { RequestIdentity } from "../sequencer/sequencer.ts";

/**
 * The identity of a decoded command. The id names it, per API key. Its content is `op` and `data`:
 * the same whatever the order of members and the white space, another one as soon as a value is
 * written differently (`1.0` is not `1`).
 */
export function commandIdentity(
  apiKey: string,
  { id, op, data }: Pick<SocketCommand, "id" | "op" | "data">,
  wallMs: number,
): RequestIdentity {
  return {
    fingerprint: digest(`command\0${apiKey}\0${id}`),
    contentDigest: digest(`"${op}"${canonical(data)}`),
    expiresAtMs: (wallMs + LIMITS.commandMemoryMs.value) as UnixMs,
  };
}

/**
 * JSON text without white space, members in the order of their names, numbers as they were written.
 */
function canonical(value: JsonValue): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (value instanceof NumberText) return value.text;
  if (value instanceof JsonObject) return canonicalObject(value);
  if (typeof value === "object" && value !== null) return `[${value.map(canonical).join(",")}]`;
  return String(value);
}

function canonicalObject({ names, values }: JsonObject): string {
  if (names.length === 1) return `{${canonicalMember(at(names, 0), at(values, 0))}}`;
  const members = names.map((name, index) => [name, at(values, index)] as const);
  members.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, value]) => canonicalMember(name, value)).join(",")}}`;
}

function canonicalMember(name: string, value: JsonValue): string {
  return `${JSON.stringify(name)}:${canonical(value)}`;
}

function digest(text: string): string {
  return hash("sha256", text, "base64url").slice(0, FINGERPRINT_CHARACTERS);
}

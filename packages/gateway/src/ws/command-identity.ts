/** What names a command sent on a socket, so that the same one again gets the same reply. */
import { hash } from "node:crypto";
import {
  type JsonMember,
  JsonObject,
  type JsonValue,
  LIMITS,
  NumberText,
  type SocketCommand,
} from "@countermand/contract";
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
    isReusable: true,
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

function canonicalObject({ first }: JsonObject): string {
  if (first?.next === null) return `{${canonicalMember(first)}}`;
  const members: JsonMember[] = [];
  for (let member = first; member !== null; member = member.next) members.push(member);
  members.sort((a, b) => (a.name < b.name ? -1 : 1));
  return `{${members.map(canonicalMember).join(",")}}`;
}

function canonicalMember({ name, value }: JsonMember): string {
  return `${JSON.stringify(name)}:${canonical(value)}`;
}

function digest(text: string): string {
  return hash("sha256", text, "base64url").slice(0, FINGERPRINT_CHARACTERS);
}

/** The order stream's handshake query and the commands a client may send on its socket. */

import type { PlaceRequest } from "@countermand/core/model";
import { type Fault, fault, malformedJson } from "../errors.ts";
import { JsonFault, JsonObject, type JsonValue, parseExact } from "../json-exact.ts";
import { DISCONNECT_GRACE_SECONDS_DEFAULT, HEARTBEAT_SECONDS_DEFAULT, LIMITS } from "../limits.ts";
import { fieldNames } from "../schema/json-schema.ts";
import { COMMAND_MESSAGE, COMMAND_OPS, STREAM_QUERY } from "../schema/stream-schemas.ts";
import { shown } from "../shown.ts";
import {
  type CancelElement,
  type CancelRequest,
  decodeCancel,
  decodeCancelBatch,
} from "./cancel.ts";
import { type CancelAllRequest, decodeCancelAll } from "./cancel-all.ts";
import { kept, kindOf, notText, textFault, unknownField } from "./fields.ts";
import { decodePlace, decodePlaceBatch, type PlaceElement } from "./place.ts";
import { nameQuery, parseQuery } from "./query-string.ts";
import { asksForReceipt } from "./receipt.ts";

/** What a handshake asks for. */
export interface StreamQuery {
  /** Replay everything later than this seq first; absent: live only. 0 to 2^53 - 1. */
  readonly afterSeq?: number;
  /** The same by account, where the key may see several. Never together with afterSeq. */
  readonly afterSeqs?: ReadonlyMap<string, number>;
  /** Send the open orders first. Never together with afterSeq or afterSeqs. */
  readonly snapshot: boolean;
  /** Seconds between heartbeats, 1 to 30. */
  readonly heartbeatSeconds: number;
  /** Commands are taken on this socket; such a handshake works once. */
  readonly commands: boolean;
  /** What the loss of this connection may do; null: nothing. Such a handshake works once, too. */
  readonly onDisconnect: { readonly graceMs: number; readonly group: string } | null;
}

const STREAM_QUERY_NAMES = fieldNames(STREAM_QUERY);
const INTEGER = /^(?:0|[1-9][0-9]{0,15})$/;

/** The raw query of the handshake without "?"; a parameter with an empty value counts as absent. */
export function decodeStreamQuery(rawQuery: string): StreamQuery | Fault {
  const parameters = parseQuery(rawQuery);
  if (typeof parameters === "string") return fault("MALFORMED_QUERY", parameters);
  const named = nameQuery(parameters, STREAM_QUERY_NAMES);
  if ("unknown" in named) {
    const names = STREAM_QUERY_NAMES.join(", ");
    return fault("UNKNOWN_QUERY_PARAMETER", `${shown(named.unknown)} is not one of ${names}`);
  }
  if ("repeated" in named) {
    return fault("REPEATED_QUERY_PARAMETER", `${named.repeated} is given twice`);
  }
  return decodeStreamValues(named.values);
}

function decodeStreamValues(values: ReadonlyMap<string, string>): StreamQuery | Fault {
  const after = afterSeqOf(values);
  if ("error" in after) return after;
  const snapshot = integer(values, "snapshot", 0, 1);
  if (typeof snapshot === "object") return snapshot;
  const heartbeat = integer(values, "heartbeat", 1, LIMITS.heartbeatSecondsMax.value);
  if (typeof heartbeat === "object") return heartbeat;
  const commands = integer(values, "commands", 0, 1);
  if (typeof commands === "object") return commands;
  const onDisconnect = decodeOnDisconnect(values);
  if (onDisconnect !== null && "error" in onDisconnect) return onDisconnect;
  if (Object.keys(after).length > 0 && snapshot === 1) {
    return fault("INVALID_STREAM_PARAMETER", "after_seq and snapshot=1 exclude each other");
  }
  return {
    ...after,
    snapshot: snapshot === 1,
    heartbeatSeconds: heartbeat ?? HEARTBEAT_SECONDS_DEFAULT,
    commands: commands === 1,
    onDisconnect,
  };
}

function decodeOnDisconnect(values: ReadonlyMap<string, string>) {
  const isAsked = integer(values, "cancel_on_disconnect", 0, 1);
  if (typeof isAsked === "object") return isAsked;
  const grace = integer(values, "grace", 0, LIMITS.disconnectGraceSecondsMax.value);
  if (typeof grace === "object") return grace;
  const group = values.get("group") ?? "";
  const problem = textFault("group", group, LIMITS.disconnectGroupCharactersMax.value);
  if (problem !== null) return fault("INVALID_STREAM_PARAMETER", problem);
  if (isAsked === 1) return { graceMs: (grace ?? DISCONNECT_GRACE_SECONDS_DEFAULT) * 1000, group };
  if (grace === undefined && group === "") return null;
  // Whoever sends one of them believes that the loss of the connection is covered.
  return fault("INVALID_STREAM_PARAMETER", "grace and group need cancel_on_disconnect=1");
}

/** One number, or `ACCOUNT:N` for one account and more, with commas between. */
function afterSeqOf(
  values: ReadonlyMap<string, string>,
): Pick<StreamQuery, "afterSeq" | "afterSeqs"> | Fault {
  const text = values.get("after_seq") ?? "";
  if (!text.includes(":")) {
    const afterSeq = integer(values, "after_seq", 0, Number.MAX_SAFE_INTEGER);
    if (typeof afterSeq === "object") return afterSeq;
    return afterSeq === undefined ? {} : { afterSeq };
  }
  const afterSeqs = new Map<string, number>();
  for (const part of text.split(",")) {
    const colon = part.lastIndexOf(":");
    const [account, digits] = [part.slice(0, colon), part.slice(colon + 1)];
    const seq = INTEGER.test(digits) ? Number(digits) : Number.NaN;
    if (account === "" || colon === -1 || afterSeqs.has(account) || !Number.isSafeInteger(seq)) {
      const details = "after_seq of several accounts is ACCOUNT:N,ACCOUNT:N, each account once";
      return fault("INVALID_STREAM_PARAMETER", `${details}, not ${shown(part)}`);
    }
    afterSeqs.set(account, seq);
  }
  return { afterSeqs };
}

function integer(
  values: ReadonlyMap<string, string>,
  name: string,
  min: number,
  max: number,
): number | undefined | Fault {
  const text = values.get(name) ?? "";
  if (text === "") return undefined;
  const value = INTEGER.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  return fault(
    "INVALID_STREAM_PARAMETER",
    `${name} must be a whole number from ${min} to ${max}, not ${shown(text)}`,
  );
}

/** A command, its data decoded and free of faults; faults inside a batch stay in its elements. */
export type SocketCommand = CommandName & CommandContent;

interface CommandName {
  readonly id: string;
  /** As it was sent, so that a repetition is known by it. */
  readonly data: JsonValue;
}

type CommandContent =
  | { readonly op: "cancel"; readonly receipt: boolean; readonly request: CancelRequest }
  | {
      readonly op: "cancel_batch";
      readonly receipt: boolean;
      readonly elements: readonly CancelElement[];
    }
  | { readonly op: "cancel_all"; readonly request: CancelAllRequest }
  | { readonly op: "place"; readonly request: PlaceRequest }
  | { readonly op: "place_batch"; readonly elements: readonly PlaceElement[] };

/** A message that is no command. */
export interface SocketFault extends Fault {
  /** The message's id, for the reply; null when it could not be read. */
  readonly id: string | null;
}

const COMMAND_FIELDS = fieldNames(COMMAND_MESSAGE);

/** Reads one message. Order of checks: JSON, object, id, unknown field, op, receipt, data. */
export function decodeSocketCommand(text: string): SocketCommand | SocketFault {
  const message = parseExact(text);
  if (message instanceof JsonFault) return { ...malformedJson(message), id: null };
  if (!(message instanceof JsonObject)) {
    return { ...malformedCommand(`a command is an object, not ${kindOf(message)}`), id: null };
  }
  const id = message.get("id");
  if (typeof id !== "string") return { ...malformedCommand(notText("id", id)), id: null };
  const problem =
    id === "" ? "id is required" : textFault("id", id, LIMITS.commandIdCharactersMax.value);
  if (problem !== null) return { ...malformedCommand(problem), id: null };
  const unknownName = unknownField(message, COMMAND_FIELDS);
  if (unknownName !== null) {
    return { ...malformedCommand(`unknown field ${shown(unknownName)}`), id };
  }
  // It is kept in reports, as long as they are in memory.
  return decodeOp(kept(id), message.get("op"), message.get("receipt"), message.get("data"));
}

function decodeOp(
  id: string,
  op: JsonValue | undefined,
  receiptKind: JsonValue | undefined,
  data: JsonValue | undefined,
): SocketCommand | SocketFault {
  if (!isOp(op)) {
    const sent = typeof op === "string" ? shown(op) : kindOf(op);
    return {
      ...fault("UNKNOWN_OP", `op must be one of ${COMMAND_OPS.join(", ")}, not ${sent}`),
      id,
    };
  }
  const receipt = asksForReceipt(receiptKind, op === "cancel" || op === "cancel_batch");
  if (typeof receipt === "object") return { ...receipt, id };
  if (data === undefined) return { ...malformedCommand("data is required"), id };
  switch (op) {
    case "cancel": {
      const request = decodeCancel(data);
      return "error" in request ? { ...request, id } : { op, id, data, receipt, request };
    }
    case "cancel_batch": {
      const elements = decodeCancelBatch(data);
      return "error" in elements ? { ...elements, id } : { op, id, data, receipt, elements };
    }
    case "cancel_all": {
      const request = decodeCancelAll(data);
      return "error" in request ? { ...request, id } : { op, id, data, request };
    }
    case "place": {
      const request = decodePlace(data);
      return "error" in request ? { ...request, id } : { op, id, data, request };
    }
    case "place_batch": {
      const elements = decodePlaceBatch(data);
      return "error" in elements ? { ...elements, id } : { op, id, data, elements };
    }
  }
}

function isOp(op: JsonValue | undefined): op is SocketCommand["op"] {
  return COMMAND_OPS.some((known) => known === op);
}

function malformedCommand(details: string): Fault {
  return fault("MALFORMED_COMMAND", details);
}

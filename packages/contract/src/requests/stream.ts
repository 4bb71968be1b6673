/** The order stream's handshake query and the commands a client may send on its socket. */

import type { AmendRequest, PlaceRequest } from "@countermand/core/model";
import { type Fault, fault, isFault, malformedJson } from "../errors.ts";
import { JsonFault, JsonObject, type JsonValue, parseExact } from "../json-exact.ts";
import { DISCONNECT_GRACE_SECONDS_DEFAULT, HEARTBEAT_SECONDS_DEFAULT, LIMITS } from "../limits.ts";
import { fieldNames } from "../schema/json-schema.ts";
import {
  COMMAND_MESSAGE,
  COMMAND_OPS,
  PREFER_REPRESENTATION,
  STREAM_QUERY,
} from "../schema/stream-schemas.ts";
import { shown } from "../shown.ts";
import { decodeAmend } from "./amend.ts";
import {
  type CancelElement,
  type CancelRequest,
  decodeCancel,
  decodeCancelBatch,
} from "./cancel.ts";
import { type CancelAllRequest, decodeCancelAll } from "./cancel-all.ts";
import {
  kept,
  kindOf,
  notText,
  present,
  type Range,
  textFault,
  unknownField,
  wholeNumber,
  wholeNumberRule,
} from "./fields.ts";
import { decodePlace, decodePlaceBatch, type PlaceElement } from "./place.ts";
import { type QueryReader, queryReader } from "./query-reader.ts";
import { asksForReceipt } from "./receipt.ts";

/** Where a reader has come to in a stream. */
export interface StreamPosition {
  /** 0 to 2^53 - 1. */
  readonly seq: number;
  /** Of which history that is; null where the reader does not say. */
  readonly history: string | null;
}

/** What a handshake asks for. */
export interface StreamQuery {
  /** Replay everything later than this position first; absent: live only. */
  readonly after?: StreamPosition;
  /** The same by account, where the key may see several. Never together with `after`. */
  readonly afters?: ReadonlyMap<string, StreamPosition>;
  /** Tell the name of the history first. */
  readonly history: boolean;
  /** Tell when all that was missed has been sent. */
  readonly live: boolean;
  /** Send the open orders first. Never together with `after` or `afters`. */
  readonly snapshot: boolean;
  /** Seconds between heartbeats, 1 to 30. */
  readonly heartbeatSeconds: number;
  /** Commands are taken on this socket; such a handshake works once. */
  readonly commands: boolean;
  /** What the loss of this connection may do; null: nothing. Such a handshake works once, too. */
  readonly onDisconnect: { readonly graceMs: number; readonly group: string } | null;
}

const STREAM_QUERY_NAMES = fieldNames(STREAM_QUERY);
const SEQS: Range = { min: 0, max: Number.MAX_SAFE_INTEGER };
const HEARTBEATS: Range = { min: 1, max: LIMITS.heartbeatSecondsMax.value };
const HISTORY_NAME = /^[0-9A-Za-z_-]{1,64}$/;
const GRACES: Range = { min: 0, max: LIMITS.disconnectGraceSecondsMax.value };

/** The raw query of the handshake without "?"; a parameter with an empty value counts as absent. */
export function decodeStreamQuery(rawQuery: string): StreamQuery | Fault {
  const reader = queryReader(rawQuery, STREAM_QUERY_NAMES, "INVALID_STREAM_PARAMETER");
  if (isFault(reader)) return reader;
  const after = positionOf(reader);
  const query = {
    ...after,
    snapshot: reader.flag("snapshot"),
    history: reader.flag("history"),
    live: reader.flag("live"),
    heartbeatSeconds: reader.wholeNumber("heartbeat", HEARTBEATS) ?? HEARTBEAT_SECONDS_DEFAULT,
    commands: reader.flag("commands"),
    onDisconnect: onDisconnectOf(reader),
  };
  if (query.snapshot && Object.keys(after).length > 0) {
    reader.refuse("after_seq and snapshot=1 exclude each other");
  }
  return reader.result(query);
}

function onDisconnectOf(reader: QueryReader): StreamQuery["onDisconnect"] {
  const isAsked = reader.flag("cancel_on_disconnect");
  const grace = reader.wholeNumber("grace", GRACES);
  const group = reader.text("group", LIMITS.disconnectGroupCharactersMax.value);
  if (isAsked) {
    const graceMs = 1000 * (grace ?? DISCONNECT_GRACE_SECONDS_DEFAULT);
    return { graceMs, group: group ?? "" };
  }
  if (grace !== undefined || group !== undefined) {
    // Whoever sends one of them believes that the loss of the connection is covered.
    reader.refuse("grace and group need cancel_on_disconnect=1");
  }
  return null;
}

/** One position, or `ACCOUNT:POSITION` for one account and more, with commas between. */
function positionOf(reader: QueryReader): Pick<StreamQuery, "after" | "afters"> {
  const text = reader.given("after_seq") ?? "";
  if (!text.includes(":")) return onePositionOf(reader, text);
  const afters = new Map<string, StreamPosition>();
  for (const part of text.split(",")) {
    const colon = part.lastIndexOf(":");
    const account = part.slice(0, colon);
    const position = readPosition(part.slice(colon + 1));
    if (account === "" || colon === -1 || afters.has(account) || position === null) {
      const rule = "after_seq of several accounts is ACCOUNT:N,ACCOUNT:N, each account once";
      reader.refuse(`${rule}, not ${shown(part)}`);
      break;
    }
    afters.set(account, position);
  }
  return { afters };
}

function onePositionOf(reader: QueryReader, text: string): Pick<StreamQuery, "after"> {
  const position = text === "" ? undefined : readPosition(text);
  if (position !== null) return present({ after: position });
  const rule = wholeNumberRule("after_seq", SEQS, shown(text));
  reader.refuse(text.includes("@") ? `${rule}; or such a number, @ and a history` : rule);
  return {};
}

/** `N`, or `N@HISTORY`; null: neither. */
function readPosition(text: string): StreamPosition | null {
  const mark = text.indexOf("@");
  const seq = wholeNumber(mark === -1 ? text : text.slice(0, mark), SEQS);
  const history = mark === -1 ? null : text.slice(mark + 1);
  const isNamed = history === null || HISTORY_NAME.test(history);
  return seq === null || !isNamed ? null : { seq, history };
}

/** A command, its data decoded and free of faults; faults inside a batch stay in its elements. */
export type SocketCommand = CommandName & CommandContent;

interface CommandName {
  readonly id: string;
  /** As it was sent, so that a repetition is known by it. */
  readonly data: JsonValue;
  /** Answer with whole orders. */
  readonly representation: boolean;
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
  | { readonly op: "place_batch"; readonly elements: readonly PlaceElement[] }
  | { readonly op: "amend"; readonly request: AmendRequest };

/** A message that is no command. */
export interface SocketFault extends Fault {
  /** The message's id, for the reply; null when it could not be read. */
  readonly id: string | null;
}

const COMMAND_FIELDS = fieldNames(COMMAND_MESSAGE);

/**
 * Reads one message. Order of checks: JSON, object, id, unknown field, op, receipt, prefer, data.
 */
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
  return decodeOp(kept(id), message);
}

function decodeOp(id: string, message: JsonObject): SocketCommand | SocketFault {
  const op = message.get("op");
  if (!isOp(op)) {
    const sent = typeof op === "string" ? shown(op) : kindOf(op);
    return {
      ...fault("UNKNOWN_OP", `op must be one of ${COMMAND_OPS.join(", ")}, not ${sent}`),
      id,
    };
  }
  const receipt = asksForReceipt(message.get("receipt"), op === "cancel" || op === "cancel_batch");
  if (isFault(receipt)) return { ...receipt, id };
  const representation = prefersRepresentation(message.get("prefer"));
  if (isFault(representation)) return { ...representation, id };
  const data = message.get("data");
  if (data === undefined) return { ...malformedCommand("data is required"), id };
  const content = decodeContent(op, data, receipt);
  return isFault(content) ? { ...content, id } : { id, data, representation, ...content };
}

function decodeContent(
  op: SocketCommand["op"],
  data: JsonValue,
  receipt: boolean,
): CommandContent | Fault {
  switch (op) {
    case "cancel": {
      const request = decodeCancel(data);
      return isFault(request) ? request : { op, receipt, request };
    }
    case "cancel_batch": {
      const elements = decodeCancelBatch(data);
      return isFault(elements) ? elements : { op, receipt, elements };
    }
    case "cancel_all": {
      const request = decodeCancelAll(data);
      return isFault(request) ? request : { op, request };
    }
    case "place": {
      const request = decodePlace(data);
      return isFault(request) ? request : { op, request };
    }
    case "place_batch": {
      const elements = decodePlaceBatch(data);
      return isFault(elements) ? elements : { op, elements };
    }
    case "amend": {
      const request = decodeAmend(data);
      return isFault(request) ? request : { op, request };
    }
  }
}

/** What the header Prefer is to a request. "" counts as absent. */
function prefersRepresentation(prefer: JsonValue | undefined): boolean | Fault {
  if (prefer === undefined || prefer === "") return false;
  if (prefer === PREFER_REPRESENTATION) return true;
  const sent = typeof prefer === "string" ? shown(prefer) : kindOf(prefer);
  return malformedCommand(`prefer must be ${PREFER_REPRESENTATION}, not ${sent}`);
}

function isOp(op: JsonValue | undefined): op is SocketCommand["op"] {
  return COMMAND_OPS.some((known) => known === op);
}

function malformedCommand(details: string): Fault {
  return fault("MALFORMED_COMMAND", details);
}

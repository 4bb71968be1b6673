/** The story of an order: one line for each event that the journal has of it. */
import {
  Channel,
  type CommandRefused,
  ExecType,
  type ExecutionReported,
  formatDecimal,
} from "@countermand/core/model";
import { ERRORS, type ErrorName, type ErrorSpec } from "../errors.ts";
import { orderStatusWord } from "../names.ts";
import { jsonString } from "./json-text.ts";
import { doneCancelReason } from "./order.ts";
import type { ReceiptPlace } from "./receipt.ts";

export type StoryEvent = ExecutionReported | CommandRefused;

const EVENT_WORDS: Readonly<Record<ExecType, string>> = {
  [ExecType.PendingNew]: "sent",
  [ExecType.New]: "accepted",
  [ExecType.Rejected]: "rejected",
  [ExecType.Trade]: "traded",
  [ExecType.Triggered]: "triggered",
  [ExecType.Replaced]: "amended",
  [ExecType.PendingCancel]: "cancel_sent",
  [ExecType.CancelRejected]: "cancel_refused_by_venue",
  [ExecType.Canceled]: "cancelled",
};

const CHANNEL_WORDS: Readonly<Record<Channel, string>> = {
  [Channel.Http]: "http",
  [Channel.Socket]: "socket",
  [Channel.Operator]: "operator",
  [Channel.Gateway]: "gateway",
};

/** Every word of an event; the last two are of commands that were refused. */
export const STORY_EVENTS: readonly string[] = [
  ...Object.values(EVENT_WORDS),
  "cancel_refused",
  "amend_refused",
];

/** Every word of a channel, the empty one included. */
export const STORY_CHANNELS: readonly string[] = ["", ...Object.values(CHANNEL_WORDS)];

/**
 * A part of a story, its events oldest first; `earlier` is what asks for the part before it. A
 * story that is not complete began before what the journal can say of it.
 */
export function encodeStory(
  events: readonly string[],
  earlier: string | null,
  isComplete: boolean,
): string {
  const cursor = earlier === null ? "null" : jsonString(earlier);
  return `{"events":[${events.join(",")}],"earlier":${cursor},"complete":${isComplete}}`;
}

/** What happened, who asked for it and what was answered, and where the journal has it. */
export function encodeStoryEvent(event: StoryEvent, place: ReceiptPlace): string {
  const text = event.type === "CommandRefused" ? refusedMembers(event) : reportMembers(event);
  return (
    `{${text},"partition":${jsonString(place.partition)},"journal_seq":${place.seq}` +
    `,"event_hash":"${place.hash}"}`
  );
}

function refusedMembers(event: CommandRefused): string {
  const spec = specNamed(event.refused);
  return (
    `"at_ms":${event.atMs},"event":"${event.command}_refused"` +
    `,"order_no":${jsonString(event.orderId)}${causeMembers(event)}` +
    `,"http_status":${spec?.httpStatus ?? 0},"code":${spec?.code ?? 0}` +
    `,"reason":${jsonString(spec?.reason ?? event.refused)}`
  );
}

function reportMembers(event: ExecutionReported): string {
  const { order, execution, execType } = event;
  const isAnswer = event.origin?.cause != null && execType !== ExecType.Trade;
  let text =
    `"at_ms":${order.updatedAtMs},"event":"${EVENT_WORDS[execType]}"` +
    `,"order_no":${jsonString(order.orderId)}${causeMembers(event)}`;
  // A command that changed something was accepted: how is what this event says.
  if (isAnswer) text += ',"http_status":200,"code":0';
  text +=
    `,"order_status":"${orderStatusWord(order)}","version":${order.version}` +
    `,"stream_seq":${order.streamSeq},"price":${formatDecimal(order.price)}` +
    `,"qty":${formatDecimal(order.orderQty)},"execute_qty":${formatDecimal(order.cumQty)}` +
    `,"cancel_reason":"${doneCancelReason(order)}","reject_reason":${jsonString(order.rejectReason)}`;
  if (execution === null) return text;
  return (
    `${text},"exec_id":${jsonString(execution.execId)}` +
    `,"last_qty":${formatDecimal(execution.lastQty)}` +
    `,"last_price":${formatDecimal(execution.lastPx)}`
  );
}

/** Empty where no command was about this order, or the record is older than its causes. */
function causeMembers(event: StoryEvent): string {
  const cause = event.type === "CommandRefused" ? event.cause : (event.origin?.cause ?? null);
  if (cause === null) return ',"channel":"","actor":"","request_id":""';
  const { channel, actor, requestId } = cause;
  return (
    `,"channel":"${CHANNEL_WORDS[channel]}","actor":${jsonString(actor)}` +
    `,"request_id":${jsonString(requestId)}`
  );
}

/** Null for a refusal that a later version knows. */
function specNamed(name: string): ErrorSpec | null {
  return Object.hasOwn(ERRORS, name) ? ERRORS[name as ErrorName] : null;
}

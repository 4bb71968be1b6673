/**
 * The stories of orders out of a journal, without a gateway or beside one: the whole journal is
 * searched, and the segments that were cut from it where their folder is given. Reads only.
 */
import { encodeStoryEvent, type StoryEvent } from "@countermand/contract";
import { decodeDeskEvent } from "@countermand/core/model";
import { JournalReader } from "../journal/journal-reader.ts";
import { SegmentChain } from "../journal/segment-chain.ts";
import type { SegmentEvent } from "../journal/segment-file.ts";
import { readUncut } from "../journal/uncut.ts";
import { isDeskName } from "../sequencer/state.ts";

/** An order by its number, or all orders of an account that carry the client's name. */
export type SoughtOrder =
  | { readonly orderId: string }
  | { readonly account: string; readonly clOrdId: string };

/**
 * Every event of the orders, oldest first by partition, as JSON text.
 * @throws JournalError a segment is damaged or missing
 */
export function* orderStories(
  dataDir: string,
  sought: SoughtOrder,
  segments: string | null = null,
): Iterable<string> {
  for (const partition of deskPartitions(dataDir)) {
    yield* readUncut(dataDir, () => {
      const reader = new JournalReader(dataDir);
      const chain = segments === null ? null : new SegmentChain(segments);
      try {
        return [...storiesIn({ reader, chain, partition }, sought)];
      } finally {
        reader.close();
      }
    });
  }
}

function deskPartitions(dataDir: string): readonly string[] {
  return readUncut(dataDir, () => {
    const reader = new JournalReader(dataDir);
    try {
      return reader.partitionNames().filter(isDeskName);
    } finally {
      reader.close();
    }
  });
}

/** Whether events of orders were archived, so that a journal alone may not have a story whole. */
export function hasArchivedOrders(dataDir: string): boolean {
  return readUncut(dataDir, () => {
    const reader = new JournalReader(dataDir);
    try {
      const names = reader.partitionNames();
      return names.some((name) => isDeskName(name) && reader.anchor(name) !== null);
    } finally {
      reader.close();
    }
  });
}

/** One partition's whole history, as far as it is there. */
interface History {
  readonly reader: JournalReader;
  readonly chain: SegmentChain | null;
  readonly partition: string;
}

function* containing({ reader, chain, partition }: History, text: string): Iterable<SegmentEvent> {
  for (const event of chain?.events(partition, reader.beginning(partition)) ?? []) {
    if (event.payload.includes(text)) yield event;
  }
  yield* reader.containing(partition, text);
}

function* storiesIn(history: History, sought: SoughtOrder): Iterable<string> {
  const { partition } = history;
  // A name is in every report of its order; the order's number is in its refusals too.
  const orderIds = new Set("orderId" in sought ? [sought.orderId] : named(history, sought));
  if (orderIds.size === 0) return;
  const [only] = orderIds.size === 1 ? orderIds : [];
  for (const record of containing(history, only === undefined ? "" : `"${only}"`)) {
    const event = storyEvent(record.payload);
    if (event === null || !orderIds.has(orderIdOf(event))) continue;
    const { seq, hash } = record;
    yield encodeStoryEvent(event, { partition, seq, hash });
  }
}

function named(
  history: History,
  { account, clOrdId }: { readonly account: string; readonly clOrdId: string },
): string[] {
  const orderIds: string[] = [];
  for (const { payload } of containing(history, JSON.stringify(clOrdId))) {
    const event = storyEvent(payload);
    if (event?.type !== "ExecutionReported") continue;
    const { order } = event;
    if (order.clOrdId === clOrdId && order.account === account) orderIds.push(order.orderId);
  }
  return orderIds;
}

/** Null for an event that is no part of an order's story. */
export function storyEvent(payload: string): StoryEvent | null {
  if (!payload.startsWith('["R"') && !payload.startsWith('["N"')) return null;
  const event = decodeDeskEvent(payload);
  const isOfOrder = event.type === "ExecutionReported" || event.type === "CommandRefused";
  return isOfOrder ? event : null;
}

function orderIdOf(event: StoryEvent): string {
  return event.type === "CommandRefused" ? event.orderId : event.order.orderId;
}

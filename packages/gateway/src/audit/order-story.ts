/**
 * The stories of orders out of a journal, without a gateway or beside one: the whole journal is
 * searched. Reads only.
 */
import { encodeStoryEvent, type StoryEvent } from "@countermand/contract";
import { decodeDeskEvent } from "@countermand/core/model";
import { JournalReader } from "../journal/journal-reader.ts";
import { isDeskName } from "../sequencer/state.ts";

/** An order by its number, or all orders of an account that carry the client's name. */
export type SoughtOrder =
  | { readonly orderId: string }
  | { readonly account: string; readonly clOrdId: string };

/** Every event of the orders, oldest first by partition, as JSON text. */
export function* orderStories(dataDir: string, sought: SoughtOrder): Iterable<string> {
  const reader = new JournalReader(dataDir);
  try {
    for (const partition of reader.partitionNames().filter(isDeskName)) {
      yield* storiesIn(reader, partition, sought);
    }
  } finally {
    reader.close();
  }
}

function* storiesIn(
  reader: JournalReader,
  partition: string,
  sought: SoughtOrder,
): Iterable<string> {
  // A name is in every report of its order; the order's number is in its refusals too.
  const orderIds = new Set(
    "orderId" in sought ? [sought.orderId] : named(reader, partition, sought),
  );
  if (orderIds.size === 0) return;
  const [only] = orderIds.size === 1 ? orderIds : [];
  for (const record of reader.containing(partition, only === undefined ? "" : `"${only}"`)) {
    const event = storyEvent(record.payload);
    if (event === null || !orderIds.has(orderIdOf(event))) continue;
    const { seq, hash } = record;
    yield encodeStoryEvent(event, { partition, seq, hash });
  }
}

function named(
  reader: JournalReader,
  partition: string,
  { account, clOrdId }: { readonly account: string; readonly clOrdId: string },
): string[] {
  const orderIds: string[] = [];
  for (const { payload } of reader.containing(partition, JSON.stringify(clOrdId))) {
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

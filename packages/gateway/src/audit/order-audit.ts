/**
 * The stories of orders while the gateway runs. The archive's thread follows them through the
 * journal; what is decided here is which order is meant and up to where its story is durable.
 */
import { encodeStory, encodeStoryEvent, encodeSuccess } from "@countermand/contract";
import { assert } from "@countermand/core/assert";
import type { Account, ClOrdId, Order, OrderId } from "@countermand/core/model";
import { isSimulated } from "@countermand/core/participants";
import { faultAnswer } from "../answers.ts";
import { ArchiveError } from "../archive/archive-error.ts";
import { STORY_ORDERS_MAX, STORY_WAIT_MS } from "../archive/archive-limits.ts";
import type { SealedEvent, StoryQuestion } from "../archive/archive-messages.ts";
import { walkOpen } from "../archive/open-walk.ts";
import type { OrderArchive } from "../archive/order-archive.ts";
import { numberOfOrder, orderNumberOf } from "../archive/order-number.ts";
import type { Answer, Sequencer } from "../sequencer/sequencer.ts";
import { isDeskName } from "../sequencer/state.ts";
import { TOO_MANY_WALKS } from "../trade/failed-answer.ts";
import { type SoughtOrder, storyEvent } from "./order-story.ts";
import { cursorText, type StoryPage } from "./story-cursor.ts";

export interface OrderAuditOptions {
  readonly sequencer: Sequencer;
  readonly archive: Pick<OrderArchive, "reached" | "story">;
}

/** What memory knows of the orders, and how far the journal had come in that moment. */
interface Moment {
  readonly heads: Promise<StoryQuestion["open"]>;
  readonly positions: ReadonlyMap<string, number>;
}

export class OrderAudit {
  readonly #options: OrderAuditOptions;

  constructor(options: OrderAuditOptions) {
    this.#options = options;
  }

  /** Tells what was answered or pushed before the call. */
  async story(sought: SoughtOrder, page: StoryPage): Promise<Answer> {
    const { archive, sequencer } = this.#options;
    const named = soughtInArchive(sought);
    if (named === null) return faultAnswer("UNKNOWN_ORDER", "");
    if ("account" in sought && sequencer.refusesWalks)
      return faultAnswer("OVERLOADED", TOO_MANY_WALKS);
    const { heads, positions } = await sequencer.operate(() => this.#moment(sought));
    const open = await heads;
    try {
      const caughtUp = [...positions].map(([name, seq]) =>
        archive.reached(name, seq, STORY_WAIT_MS),
      );
      await Promise.all(caughtUp);
      const beforeSeq = Math.max(...positions.values()) + 1;
      const story = await archive.story({ sought: named, open, beforeSeq, ...page });
      if (story === null) return faultAnswer("UNKNOWN_ORDER", "");
      const { events, earlier, isComplete } = story;
      const cursor = earlier === null ? null : cursorText(earlier);
      const body = encodeSuccess(encodeStory(events.map(eventJson), cursor, isComplete));
      return { httpStatus: 200, body };
    } catch (error) {
      if (error instanceof ArchiveError) return faultAnswer("UNAVAILABLE", UNREADABLE);
      throw error;
    }
  }

  #moment(sought: SoughtOrder): Moment {
    const { partitions } = this.#options.sequencer;
    const numbered = "account" in sought ? null : this.#numberedOpen(sought);
    const account = "account" in sought ? sought.account : numbered?.account;
    const isOfOrder =
      account === undefined
        ? isDeskName
        : (name: string) => name === partitions.deskOf(account as Account).name;
    const positions = Object.entries(partitions.positions()).filter(([name]) => isOfOrder(name));
    const orders =
      "account" in sought ? this.#namedOpen(sought) : numbered === null ? [] : [numbered];
    return { heads: headsOf(orders), positions: new Map(positions) };
  }

  #numberedOpen({ orderId }: { readonly orderId: string }): Order | null {
    for (const { desk } of this.#options.sequencer.partitions.desks) {
      for (const book of desk.books()) {
        const order = isSimulated(book.account) ? null : book.openOrder(orderId as OrderId);
        if (order !== null) return order;
      }
    }
    return null;
  }

  /** The newest ones, as they are now; of more no story is told. */
  async #namedOpen(sought: { readonly account: string; readonly clOrdId: string }) {
    const account = sought.account as Account;
    const { partitions, turns } = this.#options.sequencer;
    const open = partitions.deskOf(account).desk.book(account);
    const orders: Order[] = [];
    if (open === null || isSimulated(account)) return orders;
    const filter = { clOrdId: sought.clOrdId as ClOrdId };
    const onMatch = (order: Order) => orders.push(order) < STORY_ORDERS_MAX;
    await walkOpen({ open, filter, nextTurn: () => turns.next(), onMatch });
    return orders.reverse();
  }
}

async function headsOf(
  walking: Promise<readonly Order[]> | readonly Order[],
): Promise<StoryQuestion["open"]> {
  const orders = await walking;
  const [first] = orders;
  if (first === undefined) return null;
  const heads = orders.map((order) => {
    return { orderNumber: numberOfOrder(order), streamSeq: order.streamSeq };
  });
  return { account: first.account, heads };
}

const UNREADABLE = "the story cannot be read just now";

/** Null where no order can have that number. */
function soughtInArchive(sought: SoughtOrder): StoryQuestion["sought"] | null {
  if ("account" in sought) return sought;
  const orderNumber = orderNumberOf(sought.orderId);
  return orderNumber === null ? null : { orderNumber };
}

function eventJson({ payload, ...place }: SealedEvent): string {
  const event = storyEvent(payload);
  assert(event !== null, "a story has reports and refusals only");
  return encodeStoryEvent(event, place);
}

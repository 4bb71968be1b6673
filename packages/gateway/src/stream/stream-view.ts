/**
 * How one reader sees an account's stream. Who sees a part of it gets a `skip` in the place of what
 * is not shown, so that the numbers have no gaps; who sees several is told whose message it is.
 */
import { encodeSkip } from "@countermand/contract";
import type { Account, Order } from "@countermand/core/model";
import type { StreamMessage } from "./account-feed.ts";
import { StreamText } from "./stream-text.ts";

export interface StreamView {
  readonly account: Account;
  /** Messages that do not name the account in their order carry it beside their type. */
  readonly isTagged: boolean;
  /** Of the streams of one socket, the one that is sent what is of no account. */
  readonly isFirst: boolean;
  /** Absent: the whole stream. */
  readonly portfolioIds?: ReadonlySet<string>;
}

/** The account where messages carry it, else null. */
export function tagOf({ account, isTagged }: StreamView): Account | null {
  return isTagged ? account : null;
}

export function shows({ portfolioIds }: StreamView, { portfolioId }: Order): boolean {
  return portfolioIds === undefined || portfolioIds.has(portfolioId);
}

/** The message as this reader gets it. */
export function viewed(view: StreamView, order: Order, whole: StreamMessage): StreamMessage {
  if (shows(view, order)) return whole;
  return { seq: whole.seq, body: new StreamText(encodeSkip(whole.seq, tagOf(view))) };
}

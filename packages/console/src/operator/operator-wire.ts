/** What the operator API tells, as far as the page shows it. Times are Unix milliseconds. */
import type { Order } from "@countermand/client";

export interface OperatorSession {
  readonly role: "operator";
  /** Who the journal says has acted. */
  readonly operator: string;
  readonly csrf_token: string;
  readonly expires_in: number;
}

/** Who did it, when and why. */
export interface Act {
  readonly at: number;
  readonly operator: string;
  readonly reason: string;
}

export type Mode = "open" | "cancel_only" | "halted";

export interface ModeRow {
  readonly mode: Mode;
  readonly set: Act | null;
}

export interface Modes {
  readonly all: ModeRow;
  readonly markets: readonly (ModeRow & { readonly market: string; readonly holds: Mode })[];
}

/** What a block covers: all that is named must fit. */
export interface Scope {
  readonly gateway?: true;
  readonly market?: string;
  readonly account?: string;
  readonly portfolio_id?: string;
  readonly api_key?: string;
}

export interface KillCounts {
  readonly state: "cancelling" | "finished";
  readonly done: number;
  readonly already: number;
  readonly too_late: number;
  readonly failed: number;
  readonly left: number;
}

export interface Block {
  readonly block_id: number;
  readonly state: "active" | "released";
  readonly scope: Scope;
  readonly blocked: Act;
  readonly released: Act | null;
  /** Null where nothing is cancelled. */
  readonly kill: KillCounts | null;
}

/** As its owner sees it, and the key that placed it; its times are Unix seconds. */
export interface OperatorOrder extends Order {
  readonly api_key: string;
}

export interface OrdersPage {
  readonly total_records: number;
  /** Newest first. */
  readonly orders: readonly OperatorOrder[];
}

/** An event of an order's story; figures are text. */
export interface StoryEvent {
  readonly at_ms: string;
  readonly event: string;
  readonly channel: string;
  readonly actor: string;
  readonly http_status?: string;
  readonly code?: number;
  readonly reason?: string;
  readonly qty?: string;
  readonly execute_qty?: string;
  readonly last_qty?: string;
  readonly last_price?: string;
  readonly cancel_reason?: string;
  readonly reject_reason?: string;
  readonly journal_seq: string;
}

export interface Story {
  /** Oldest first. */
  readonly events: readonly StoryEvent[];
  /** Where older ones are; null where there are none. */
  readonly earlier: string | null;
  readonly complete: boolean;
}

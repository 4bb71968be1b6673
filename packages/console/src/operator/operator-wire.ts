/** What the operator API tells, as far as the page shows it. Times are Unix milliseconds. */

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

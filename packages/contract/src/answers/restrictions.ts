/** What operators hold back, as a client sees it: not who decided it, nor why. */
import { MARKET_GROUP_NAMES, type MarketGroup } from "@countermand/core/model";
import type { MarketMode } from "../operator/operator-words.ts";
import { encodeSuccess } from "./envelope.ts";
import { unixSeconds } from "./unix-seconds.ts";

/** A block that reaches whoever asks. */
export interface RestrictionBlock {
  readonly blockId: number;
  readonly sinceMs: number;
  /** Null: every market. */
  readonly marketGroup: MarketGroup | null;
  /** Null: whatever portfolio. */
  readonly portfolioId: string | null;
}

export interface Restrictions {
  readonly modes: ReadonlyMap<MarketGroup, MarketMode>;
  readonly blocks: readonly RestrictionBlock[];
  readonly haltedSymbols: readonly string[];
}

/** The whole answer. */
export function encodeRestrictions({ modes, blocks, haltedSymbols }: Restrictions): string {
  const data = {
    markets: MARKET_GROUP_NAMES.map((market) => ({ market, mode: modes.get(market) ?? "open" })),
    blocks: blocks.map(({ blockId, sinceMs, marketGroup, portfolioId }) => ({
      block_id: blockId,
      blocked_at: unixSeconds(sinceMs),
      market: marketGroup ?? "",
      portfolio_id: portfolioId ?? "",
    })),
    halted_symbols: haltedSymbols,
  };
  return encodeSuccess(JSON.stringify(data));
}

/** What an operator's block covers: every member that is named must fit. */
import type { Account } from "../model/ids.ts";
import type { MarketGroup } from "../model/instrument.ts";

/** Null members fit everything; with all of them null it is the whole gateway. */
export interface BlockScope {
  readonly apiKey: string | null;
  readonly account: Account | null;
  readonly portfolioId: string | null;
  readonly marketGroup: MarketGroup | null;
}

export const WHOLE_GATEWAY: BlockScope = {
  apiKey: null,
  account: null,
  portfolioId: null,
  marketGroup: null,
};

/** Whose order it is and where it goes: what blocks are held against. */
export interface OrderOrigin {
  /** "" where no key entered it. */
  readonly apiKey: string;
  readonly account: Account;
  readonly portfolioId: string;
  readonly marketGroup: MarketGroup;
}

/** How far a decision reaches that holds orders back, from the narrowest to the widest. */
export const HOLD_SCOPES = [
  "instrument",
  "key",
  "portfolio",
  "account",
  "market",
  "gateway",
] as const;
export type HoldScope = (typeof HOLD_SCOPES)[number];

/** The narrowest of the members that a block names. */
export function narrowest({ apiKey, account, portfolioId, marketGroup }: BlockScope): HoldScope {
  if (apiKey !== null) return "key";
  if (portfolioId !== null) return "portfolio";
  if (account !== null) return "account";
  return marketGroup === null ? "gateway" : "market";
}

/** Whose requests a block is held against: a caller's own, whatever they are about. */
export interface ScopeCaller {
  readonly apiKey: string;
  readonly account: Account;
  /** Absent: every portfolio of the account. */
  readonly portfolioIds?: ReadonlySet<string>;
}

/**
 * Whether a caller may be told of a block: it reaches the key or the account, or a portfolio that
 * is the key's. One for a portfolio of nobody in particular is not told to a whole account, which may
 * never have heard of it.
 */
export function reaches(scope: BlockScope, caller: ScopeCaller): boolean {
  const { account, apiKey, portfolioId } = scope;
  if (apiKey !== null && apiKey !== caller.apiKey) return false;
  if (account !== null && account !== caller.account) return false;
  if (portfolioId === null) return true;
  if (caller.portfolioIds !== undefined) return caller.portfolioIds.has(portfolioId);
  return account !== null || apiKey !== null;
}

export function covers(scope: BlockScope, origin: OrderOrigin): boolean {
  return (
    (scope.apiKey === null || scope.apiKey === origin.apiKey) &&
    (scope.account === null || scope.account === origin.account) &&
    (scope.portfolioId === null || scope.portfolioId === origin.portfolioId) &&
    (scope.marketGroup === null || scope.marketGroup === origin.marketGroup)
  );
}

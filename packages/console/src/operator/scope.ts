/** What is to be stopped: what is wrong with it, how it reads, and what is typed to confirm it. */
import type { KillCounts, Scope } from "./operator-wire.ts";

export const SCOPE_KINDS = ["gateway", "market", "account", "portfolio", "key"] as const;
export type ScopeKind = (typeof SCOPE_KINDS)[number];

export const KIND_WORDS: Readonly<Record<ScopeKind, string>> = {
  gateway: "Gateway",
  market: "Market",
  account: "Account",
  portfolio: "Portfolio",
  key: "API key",
};

/** The form as it is filled in. */
export interface ScopeDraft {
  readonly kind: ScopeKind;
  /** The account, portfolio or key. */
  readonly name: string;
  /** "" for every market. */
  readonly market: string;
  /** Narrows a portfolio to one account; "" for every account. */
  readonly account: string;
  readonly cancels: boolean;
  readonly reason: string;
}

/** Characters; the gateway takes no more. */
export const REASON_MAX = 500;

/** What must still be filled in; null when nothing. */
export function draftFault({ kind, market, name, reason }: ScopeDraft): string | null {
  if (kind === "market" && market === "") return "Choose the market.";
  if (kind !== "gateway" && kind !== "market" && name.trim() === "") {
    return `Name the ${KIND_WORDS[kind] === "API key" ? "API key" : kind}.`;
  }
  return reasonFault(reason);
}

export function reasonFault(reason: string): string | null {
  if (reason.trim() === "") return "Give a reason: the journal keeps it.";
  return reason.length > REASON_MAX ? `At most ${REASON_MAX} characters of reason.` : null;
}

/** Precondition: the draft has no fault. */
export function scopeOf({ account, kind, market, name }: ScopeDraft): Scope {
  if (kind === "gateway") return { gateway: true };
  const where = market === "" ? {} : { market };
  const what = name.trim();
  if (kind === "market") return where;
  if (kind === "account") return { ...where, account: what };
  if (kind === "key") return { ...where, api_key: what };
  const whose = account.trim() === "" ? {} : { account: account.trim() };
  return { ...where, ...whose, portfolio_id: what };
}

/** A scope in words: `account 80114138 in hkex`. */
export function scopeText({ account, api_key, gateway, market, portfolio_id }: Scope): string {
  if (gateway === true) return "the whole gateway";
  const parts = [
    portfolio_id === undefined ? "" : `portfolio ${portfolio_id}`,
    account === undefined ? "" : `account ${account}`,
    api_key === undefined ? "" : `key ${api_key}`,
  ].filter((part) => part !== "");
  if (market === undefined) return parts.join(" of ");
  return parts.length === 0 ? `market ${market}` : `${parts.join(" of ")} in ${market}`;
}

/** The word that is typed to confirm it: the narrowest name, so that a look at it is needed. */
export function scopePhrase({ account, api_key, market, portfolio_id }: Scope): string {
  return portfolio_id ?? api_key ?? account ?? market ?? "gateway";
}

/** Parts of a kill: what is over, of all that it met. */
export function killProgress({ already, done, failed, left, too_late }: KillCounts): {
  readonly value: number;
  readonly max: number;
} {
  const value = done + already + too_late + failed;
  return { value, max: value + left };
}

export function killText(counts: KillCounts | null): string {
  if (counts === null) return "blocks new orders; cancels nothing";
  const { already, done, failed, left, state, too_late } = counts;
  const parts = [
    `${done} cancelled`,
    ...(already > 0 ? [`${already} were already`] : []),
    ...(too_late > 0 ? [`${too_late} too late`] : []),
    ...(failed > 0 ? [`${failed} given up`] : []),
  ];
  return state === "finished"
    ? `all done: ${parts.join(", ")}`
    : `${parts.join(", ")}, ${left} left`;
}

/**
 * Keys, limits and instruments as operators have left them. Each act is known by the reason that
 * its request has of its own; the control partition of the journal says in which order they came.
 */
import type { ControlEvent } from "../../../packages/core/src/control/index.ts";
import type { LimitRow, LimitScope } from "./limits.ts";
import { promised } from "./violation.ts";

/** What a key is made with. */
export interface KeyTerms {
  readonly accounts: readonly string[];
  readonly permissions: readonly string[];
  readonly portfolios?: readonly string[];
  /** By real time. */
  readonly expires_at?: number;
}

/** What an operator asks for once. */
export type Deed =
  | { readonly type: "KeyCreated"; readonly terms: KeyTerms; readonly publicKey: string | null }
  | {
      readonly type: "KeyRotated";
      readonly apiKey: string;
      readonly overlapMs: number;
      readonly publicKey: string | null;
    }
  | { readonly type: "KeyExpirySet"; readonly apiKey: string; readonly atMs: number | null }
  | { readonly type: "KeyRevoked"; readonly apiKey: string }
  | {
      readonly type: "LimitsSet";
      readonly scope: LimitScope;
      readonly name: string;
      /** Null: none of its own. */
      readonly own: LimitRow | null;
    }
  | { readonly type: "InstrumentAdded"; readonly symbol: string; readonly row: InstrumentRow }
  | {
      readonly type: "InstrumentChanged";
      readonly symbol: string;
      readonly name: string | null;
      readonly halted: boolean | null;
    }
  | {
      readonly type: "GridChanged";
      readonly symbol: string;
      readonly tick: number;
      readonly lot: number;
    }
  | { readonly type: "InstrumentRetired"; readonly symbol: string };

/** A key, its times by real time as the journal has them. */
export interface KeyMoment {
  readonly api_key: string;
  readonly algorithm: "hmac" | "ed25519";
  readonly public_key: string | null;
  readonly accounts: readonly string[];
  readonly permissions: readonly string[];
  readonly portfolios: readonly string[] | null;
  readonly created: Act;
  readonly expires_at: number | null;
  readonly rotated_at: number | null;
  readonly previous_until: number | null;
  readonly revoked: Act | null;
}

/** Who did it, when and why. */
export interface Act {
  readonly at: number;
  readonly operator: string;
  readonly reason: string;
}

export interface OwnLimits {
  readonly scope: LimitScope;
  readonly name: string;
  readonly own: LimitRow;
  readonly act: Act;
}

/** As an operator is shown it, but for the orders in it. */
export interface InstrumentRow {
  readonly symbol: string;
  readonly name: string;
  readonly currency: string;
  readonly product: string;
  readonly markets: readonly string[];
  readonly tick: number;
  readonly lot: number;
  readonly odd_lot: number | null;
  readonly price_max: number;
  readonly qty_max: number;
  readonly state: "trading" | "halted" | "retired";
}

export class ControlView {
  /** By their reason. */
  readonly #deeds = new Map<string, Deed>();
  readonly #done = new Set<string>();
  /** Oldest first. */
  readonly keys = new Map<string, KeyMoment>();
  /** By scope and name. */
  readonly limits = new Map<string, OwnLimits>();
  readonly instruments: Map<string, InstrumentRow>;

  constructor(isStrict: boolean) {
    // Strict rules have spreads: the tick is the finest step of one.
    const listed = FIRST.map((row) => {
      const tick = isStrict ? (STRICT_TICKS[row.symbol] ?? row.tick) : row.tick;
      return { ...row, tick };
    });
    this.instruments = new Map(listed.map((row) => [row.symbol, row]));
  }

  /** It is about to be asked for. */
  asking(reason: string, deed: Deed): void {
    this.#deeds.set(reason, deed);
  }

  /** The control partition has this. */
  follow(event: ControlEvent): void {
    if (!isJudged(event)) return;
    const { act, type } = event;
    const { reason } = act;
    const deed = this.#deeds.get(reason);
    // One request may change an instrument's name and its grid.
    promised(!this.#done.has(`${reason} ${type}`), `${reason} is done twice: ${type}`);
    this.#done.add(`${reason} ${type}`);
    const by = { at: act.atMs, operator: act.operator, reason };
    promised(deed?.type === type, `nobody asked for ${type} as ${reason}`);
    if (deed.type === "KeyCreated") this.#created(event, deed, by);
    else if ("apiKey" in deed) this.#keyChanged(event, deed, by);
    else if (deed.type === "LimitsSet") this.#limited(event, deed, by);
    else this.#instrumentChanged(event, deed);
  }

  #created(event: ControlEvent, deed: Deed & { type: "KeyCreated" }, created: Act): void {
    if (event.type !== "KeyCreated") return;
    const { apiKey } = event.terms;
    const { accounts, permissions, portfolios = null, expires_at = null } = deed.terms;
    promised(!this.keys.has(apiKey), `${apiKey} is made twice`);
    this.keys.set(apiKey, {
      api_key: apiKey,
      algorithm: deed.publicKey === null ? "hmac" : "ed25519",
      public_key: deed.publicKey,
      accounts,
      permissions,
      portfolios,
      created,
      expires_at,
      rotated_at: null,
      previous_until: null,
      revoked: null,
    });
  }

  #keyChanged(event: ControlEvent, deed: Deed & { apiKey: string }, by: Act): void {
    const { apiKey } = deed;
    const key = this.keys.get(apiKey);
    const isMeant = "apiKey" in event && event.apiKey === apiKey;
    promised(key !== undefined && isMeant, `${by.reason} is about ${apiKey}`);
    if (deed.type === "KeyRotated") {
      const { overlapMs, publicKey } = deed;
      const until = overlapMs > 0 ? by.at + overlapMs : null;
      const rotated = { rotated_at: by.at, previous_until: until };
      this.keys.set(apiKey, { ...key, ...rotated, public_key: publicKey });
    } else if (deed.type === "KeyExpirySet") {
      this.keys.set(apiKey, { ...key, expires_at: deed.atMs ?? by.at });
    } else {
      this.keys.set(apiKey, { ...key, revoked: by, previous_until: null });
      this.limits.delete(`key ${apiKey}`);
    }
  }

  #limited(event: ControlEvent, deed: Deed & { type: "LimitsSet" }, act: Act): void {
    const { scope, name, own } = deed;
    const isMeant = event.type === "LimitsSet" && event.scope === scope && event.name === name;
    promised(isMeant, `${act.reason} is about the ${scope} ${name}`);
    if (own === null) this.limits.delete(`${scope} ${name}`);
    else this.limits.set(`${scope} ${name}`, { scope, name, own, act });
  }

  #instrumentChanged(event: ControlEvent, deed: Deed): void {
    if (!("symbol" in deed)) return;
    const { symbol } = deed;
    const isMeant = "symbol" in event && event.symbol === symbol;
    if (deed.type === "InstrumentAdded") {
      this.instruments.set(symbol, deed.row);
      return;
    }
    const row = this.instruments.get(symbol);
    promised(row !== undefined && isMeant, `another instrument than ${symbol} has changed`);
    if (deed.type === "InstrumentRetired") {
      this.instruments.set(symbol, { ...row, state: "retired" });
    } else if (deed.type === "GridChanged") {
      this.instruments.set(symbol, { ...row, tick: deed.tick, lot: deed.lot });
    } else {
      const state = deed.halted === null ? row.state : deed.halted ? "halted" : "trading";
      this.instruments.set(symbol, { ...row, name: deed.name ?? row.name, state });
    }
  }
}

const JUDGED: ReadonlySet<string> = new Set<Deed["type"]>([
  "KeyCreated",
  "KeyRotated",
  "KeyExpirySet",
  "KeyRevoked",
  "LimitsSet",
  "InstrumentAdded",
  "InstrumentChanged",
  "GridChanged",
  "InstrumentRetired",
]);

function isJudged(event: ControlEvent): event is ControlEvent & { readonly type: Deed["type"] } {
  return JUDGED.has(event.type);
}

const STRICT_TICKS: Readonly<Record<string, number>> = { "00700": 0.001, AAPL: 0.0001 };

/** What a sandbox trades, in the order in which it is listed. */
const FIRST: readonly InstrumentRow[] = [
  {
    ...{ symbol: "00700", name: "TENCENT", currency: "HKD", product: "00700", markets: ["hkex"] },
    ...{ tick: 0.01, lot: 100, odd_lot: 1, price_max: 10_000_000, qty_max: 100_000_000 },
    state: "trading",
  },
  {
    ...{ symbol: "AAPL", name: "APPLE", currency: "USD", product: "AAPL" },
    markets: ["usex", "nasdaq"],
    ...{ tick: 0.01, lot: 1, odd_lot: null, price_max: 10_000_000, qty_max: 100_000_000 },
    state: "trading",
  },
  {
    ...{ symbol: "DODO-USDT", name: "DODO", currency: "USDT", product: "DODO" },
    markets: ["crypto"],
    ...{ tick: 0.000001, lot: 0.01, odd_lot: null, price_max: 1_000_000, qty_max: 10_000_000 },
    state: "trading",
  },
  {
    ...{ symbol: "BTC-USDT", name: "BITCOIN", currency: "USDT", product: "BTC" },
    markets: ["crypto"],
    ...{ tick: 0.01, lot: 0.000001, odd_lot: null, price_max: 100_000_000, qty_max: 1_000 },
    state: "trading",
  },
];

/**
 * The dead-man's switches of one account: which are armed, which have fired, and what those that
 * fired keep from being placed. A pure fold of DeadManSet and DeadManFired events; when one is due
 * is not known here, because that is real time.
 */
import { assert } from "../assert.ts";
import type { DeadManKind, DeadManScope } from "../model/dead-man.ts";
import type { UnixMs } from "../model/ids.ts";
import type { Order } from "../model/order.ts";
import { type Refusal, refuse } from "../model/refusal.ts";

export interface DeadManSwitch {
  readonly scope: DeadManScope;
  readonly timeoutMs: number;
  /** Real time of the latest arming or refresh. */
  readonly armedAtMs: UnixMs;
  /** Real time at which it fired; null while it is armed. */
  readonly firedAtMs: UnixMs | null;
}

/** What decides whether an order is in a scope. */
type Scoped = Pick<Order, "enteredBy" | "portfolioId" | "symbol" | "clOrdId">;

export class DeadManSwitches {
  readonly #switches = new Map<string, DeadManSwitch>();
  /** Scopes of those that fired, so that an order is held against them by a few look-ups. */
  readonly #blocked: { readonly [K in DeadManKind]: Set<string> } = {
    Key: new Set(),
    Portfolio: new Set(),
    Symbol: new Set(),
    ClOrdIdPrefix: new Set(),
  };
  /** How many blocked prefixes have each length. */
  readonly #prefixLengths = new Map<number, number>();
  #blockedCount = 0;

  /** Switches that are armed or have fired. */
  get size(): number {
    return this.#switches.size;
  }

  get(scope: DeadManScope): DeadManSwitch | null {
    return this.#switches.get(keyOf(scope)) ?? null;
  }

  all(): Iterable<DeadManSwitch> {
    return this.#switches.values();
  }

  /** Arms or refreshes a switch, or with a timeout of 0 takes it away. Its block ends. */
  set(scope: DeadManScope, timeoutMs: number, atMs: UnixMs): void {
    const key = keyOf(scope);
    if (this.#switches.get(key)?.firedAtMs != null) this.#unblock(scope);
    if (timeoutMs === 0) this.#switches.delete(key);
    else this.#switches.set(key, { scope, timeoutMs, armedAtMs: atMs, firedAtMs: null });
  }

  fire(scope: DeadManScope, atMs: UnixMs): void {
    const armed = this.#switches.get(keyOf(scope));
    assert(armed !== undefined && armed.firedAtMs === null, "what fires is armed");
    this.#switches.set(keyOf(scope), { ...armed, firedAtMs: atMs });
    this.#block(scope);
  }

  /** Rebuilds one from a snapshot. */
  restore(restored: DeadManSwitch): void {
    this.#switches.set(keyOf(restored.scope), restored);
    if (restored.firedAtMs !== null) this.#block(restored.scope);
  }

  /** Why an order may not be placed or get new terms, or null. */
  refusal(order: Scoped): Refusal | null {
    if (this.#blockedCount === 0) return null;
    const scope = this.#blocking(order);
    if (scope === null) return null;
    return refuse(
      "DEAD_MAN_BLOCKED",
      `the dead-man's switch of ${described(scope)} has fired; arm it again or release it`,
    );
  }

  #blocking({ enteredBy, portfolioId, symbol, clOrdId }: Scoped): DeadManScope | null {
    const blocked = this.#blocked;
    if (blocked.Key.has(enteredBy)) return { kind: "Key", value: enteredBy };
    if (blocked.Portfolio.has(portfolioId)) return { kind: "Portfolio", value: portfolioId };
    if (blocked.Symbol.has(symbol)) return { kind: "Symbol", value: symbol };
    for (const length of this.#prefixLengths.keys()) {
      const value = clOrdId.slice(0, length);
      if (blocked.ClOrdIdPrefix.has(value)) return { kind: "ClOrdIdPrefix", value };
    }
    return null;
  }

  #block({ kind, value }: DeadManScope): void {
    this.#blocked[kind].add(value);
    this.#blockedCount += 1;
    if (kind === "ClOrdIdPrefix") this.#countPrefix(value.length, 1);
  }

  #unblock({ kind, value }: DeadManScope): void {
    this.#blocked[kind].delete(value);
    this.#blockedCount -= 1;
    if (kind === "ClOrdIdPrefix") this.#countPrefix(value.length, -1);
  }

  #countPrefix(length: number, change: number): void {
    const count = (this.#prefixLengths.get(length) ?? 0) + change;
    if (count > 0) this.#prefixLengths.set(length, count);
    else this.#prefixLengths.delete(length);
  }
}

/** Whether an order is one that the switch cancels and keeps from being placed. */
export function isInScope(order: Scoped, { kind, value }: DeadManScope): boolean {
  switch (kind) {
    case "Key":
      return order.enteredBy === value;
    case "Portfolio":
      return order.portfolioId === value;
    case "Symbol":
      return order.symbol === value;
    case "ClOrdIdPrefix":
      return order.clOrdId.startsWith(value);
  }
}

/** One line per switch, in an order of their own. */
export function* deadManLines(account: string, switches: DeadManSwitches): Iterable<string> {
  const sorted = [...switches.all()].sort((a, b) => (keyOf(a.scope) < keyOf(b.scope) ? -1 : 1));
  for (const { scope, timeoutMs, armedAtMs, firedAtMs } of sorted) {
    const { kind, value } = scope;
    yield JSON.stringify(["deadMan", account, kind, value, timeoutMs, armedAtMs, firedAtMs]);
  }
}

/** The switch of a line of {@link deadManLines}. */
export function deadManOfLine(cells: readonly unknown[]): DeadManSwitch {
  const [, , kind, value, timeoutMs, armedAtMs, firedAtMs] = cells;
  return {
    scope: { kind: kind as DeadManKind, value: value as string },
    timeoutMs: timeoutMs as number,
    armedAtMs: armedAtMs as UnixMs,
    firedAtMs: firedAtMs as UnixMs | null,
  };
}

const DESCRIPTIONS: { readonly [K in DeadManKind]: string } = {
  Key: "key",
  Portfolio: "portfolio",
  Symbol: "symbol",
  ClOrdIdPrefix: "reference_id prefix",
};

function described({ kind, value }: DeadManScope): string {
  return `${DESCRIPTIONS[kind]} ${value}`;
}

function keyOf({ kind, value }: DeadManScope): string {
  return `${kind} ${value}`;
}

/** Dead-man's switches as the journal says they were armed, released and fired. */
import type { DeadManFired, DeadManSet } from "../../../packages/core/src/model/index.ts";
import type { Command, Key } from "../clients/requests.ts";
import type { Model } from "./model.ts";
import type { Terms } from "./orders.ts";
import { promised } from "./violation.ts";

interface ArmedSwitch {
  readonly account: string;
  readonly kind: DeadManSet["scope"]["kind"];
  readonly value: string;
  readonly timeoutMs: number;
  readonly dueMs: number;
  hasFired: boolean;
  firedAtMs: number;
}

export class Switches {
  readonly #model: Model;
  readonly #all = new Map<string, ArmedSwitch>();
  /** The last one that was armed or released. */
  lastSet: DeadManSet | null = null;

  constructor(model: Model) {
    this.#model = model;
  }

  set(event: DeadManSet): void {
    const { account, scope, timeoutMs, atMs } = event;
    const { kind, value } = scope;
    this.lastSet = event;
    const key = `${account} ${kind} ${value}`;
    if (timeoutMs === 0) this.#all.delete(key);
    else {
      const dueMs = atMs + timeoutMs;
      const armed = { account, kind, value, timeoutMs, dueMs, hasFired: false, firedAtMs: 0 };
      this.#all.set(key, armed);
    }
  }

  /** Whether the switch is armed, or has fired and blocks. */
  has({ account, apiKey }: Key, { scope, value }: Command & { kind: "deadMan" }): boolean {
    return this.#all.has(`${account} ${KINDS[scope]} ${scope === "key" ? apiKey : value}`);
  }

  /** Never before its time, where that can be told; what it cancels follows, in steps. */
  fire({ account, scope, atMs }: DeadManFired, isTimeSound: boolean): void {
    const { kind, value } = scope;
    const armed = this.#all.get(`${account} ${kind} ${value}`);
    promised(armed?.hasFired === false, `a switch fired that was not armed: ${kind} ${value}`);
    const earlyMs = armed.dueMs - atMs;
    promised(
      !isTimeSound || earlyMs <= 0,
      `the switch ${kind} ${value} fired ${earlyMs} ms too early`,
    );
    armed.hasFired = true;
    armed.firedAtMs = atMs;
    const meant = this.#model.openOrders(account);
    this.#model.owe(
      meant.filter((told) => isIn(armed, told.placedBy, told)),
      "dead_man",
    );
  }

  /** Those of an account as a client is shown them. */
  shown(account: string): string {
    const rows = [...this.#all.values()].filter((each) => each.account === account);
    return rows
      .map(({ kind, value, timeoutMs, hasFired, firedAtMs }) => {
        const state = hasFired ? "fired" : "armed";
        return `${kind.toLowerCase()} ${value} ${state} ${timeoutMs / 1_000} ${firedAtMs}`;
      })
      .sort()
      .join(", ");
  }

  /** An order that one has to cancel still, or null. */
  leftBehind(account: string): string | null {
    const left = this.#model.leftBehind(account, "dead_man").find((told) => {
      return this.keepingOut(account, told.placedBy, told) !== null;
    });
    return left?.order_no ?? null;
  }

  /** One that keeps the key's new order out, or null. */
  keepingOut(account: string, apiKey: string, terms: Terms): string | null {
    for (const each of this.#all.values()) {
      if (each.hasFired && each.account === account && isIn(each, apiKey, terms)) {
        return `${each.kind} ${each.value}`;
      }
    }
    return null;
  }

  /** One that should have fired long ago by real time, or null. */
  overdue(wallMs: number): string | null {
    for (const { account, kind, value, dueMs, hasFired } of this.#all.values()) {
      if (!hasFired && wallMs > dueMs) return `${kind} ${value} of ${account}`;
    }
    return null;
  }
}

const KINDS = { key: "Key", symbol: "Symbol", portfolio: "Portfolio" } as const;

function isIn({ kind, value }: ArmedSwitch, placedBy: string, terms: Terms): boolean {
  if (kind === "Key") return placedBy === value;
  if (kind === "Portfolio") return terms.portfolio_id === value;
  if (kind === "Symbol") return terms.symbol === value;
  return terms.reference_id.startsWith(value);
}

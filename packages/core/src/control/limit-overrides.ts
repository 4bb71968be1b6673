/**
 * Limits that operators set for single accounts and keys, beside what the settings say for all: a
 * pure fold of limit events, owned by the control state. Methods named `decide...` change nothing.
 */
import type { AmountLimits, LimitName, LimitScope, LimitSet } from "../limits/index.ts";
import { type Refusal, refuse } from "../model/refusal.ts";
import type { OperatorAct } from "./operator-act.ts";

/** Accounts and keys with limits of their own. */
export const LIMIT_OVERRIDES_MAX = 20_000;

/** A limit that is not here is as the settings have it; null is no limit, whatever they say. */
export type LimitOverride = { readonly [L in LimitName]?: LimitSet[L] };

/** From now on these limits of an account or a key are an operator's; none: all are the settings'. */
export interface LimitsSet {
  readonly type: "LimitsSet";
  readonly act: OperatorAct;
  readonly scope: LimitScope;
  /** The account or the API key. */
  readonly name: string;
  readonly limits: LimitOverride;
}

export interface LimitOverrideRow {
  readonly scope: LimitScope;
  readonly name: string;
  readonly limits: LimitOverride;
  readonly act: OperatorAct;
}

/** By place, in the order of {@link LIMIT_ORDER}; null where the settings decide. */
type LimitCell = null | "off" | number | string | readonly (readonly [string, string])[];
type LimitCells = readonly LimitCell[];
export type LimitsSetCells = readonly [
  "L",
  atMs: number,
  operator: string,
  reason: string,
  scope: LimitScope,
  name: string,
  limits: LimitCells,
];
export type LimitRowCells = readonly [
  "limits",
  scope: LimitScope,
  name: string,
  limits: LimitCells,
  act: OperatorAct,
];

/** Only ever appended to: the journal knows limits by their place. */
const LIMIT_ORDER = [
  "orderQty",
  "orderValue",
  "priceDistance",
  "duplicateMs",
  "openOrders",
  "grossExposure",
  "orderRate",
] as const satisfies readonly LimitName[];

export class LimitOverrides {
  /** By scope and name. */
  readonly #rows = new Map<string, LimitOverrideRow>();

  find(scope: LimitScope, name: string): LimitOverrideRow | null {
    return this.#rows.get(keyOf(scope, name)) ?? null;
  }

  /** By scope, then name. */
  all(): readonly LimitOverrideRow[] {
    const keys = [...this.#rows.keys()].sort();
    return keys.flatMap((key) => this.#rows.get(key) ?? []);
  }

  decideSet(
    act: OperatorAct,
    scope: LimitScope,
    name: string,
    limits: LimitOverride,
  ): LimitsSet | Refusal {
    if (this.#rows.size >= LIMIT_OVERRIDES_MAX && this.find(scope, name) === null) {
      return refuse("TOO_MANY_LIMITS", `${LIMIT_OVERRIDES_MAX} accounts and keys have their own`);
    }
    return { type: "LimitsSet", act, scope, name, limits };
  }

  /** Null when there are none: there is nothing to do. */
  decideRemove(act: OperatorAct, scope: LimitScope, name: string): LimitsSet | null {
    if (this.find(scope, name) === null) return null;
    return { type: "LimitsSet", act, scope, name, limits: {} };
  }

  apply({ act, scope, name, limits }: LimitsSet): void {
    if (Object.keys(limits).length === 0) this.#rows.delete(keyOf(scope, name));
    else this.#rows.set(keyOf(scope, name), { scope, name, limits, act });
  }

  /** A key that is revoked never comes back. */
  keyRevoked(apiKey: string): void {
    this.#rows.delete(keyOf("key", apiKey));
  }

  *snapshotCells(): Iterable<LimitRowCells> {
    for (const { scope, name, limits, act } of this.all()) {
      yield ["limits", scope, name, cellsOf(limits), act];
    }
  }

  load([, scope, name, cells, act]: LimitRowCells): void {
    this.#rows.set(keyOf(scope, name), { scope, name, limits: limitsOf(cells), act });
  }
}

export function limitsSetCells({ act, scope, name, limits }: LimitsSet): LimitsSetCells {
  return ["L", act.atMs, act.operator, act.reason, scope, name, cellsOf(limits)];
}

export function limitsSetOf([, atMs, operator, reason, ...rest]: LimitsSetCells): LimitsSet {
  const [scope, name, cells] = rest;
  const act = { atMs: atMs as OperatorAct["atMs"], operator, reason };
  return { type: "LimitsSet", act, scope, name, limits: limitsOf(cells) };
}

function cellsOf(limits: LimitOverride): LimitCells {
  return LIMIT_ORDER.map((name) => cellOf(limits[name]));
}

function cellOf(value: LimitSet[LimitName] | undefined): LimitCell {
  if (value === undefined) return null;
  if (value === null) return "off";
  if (typeof value === "number") return value;
  if (typeof value === "bigint") return value.toString();
  return [...value].map(([currency, units]) => [currency, units.toString()] as const);
}

function limitsOf(cells: LimitCells): LimitOverride {
  const entries = LIMIT_ORDER.flatMap((name, place) => {
    const cell = cells[place] ?? null;
    return cell === null ? [] : [[name, limitValue(cell)] as const];
  });
  return Object.fromEntries(entries) as LimitOverride;
}

function limitValue(cell: Exclude<LimitCell, null>): number | bigint | AmountLimits | null {
  if (cell === "off") return null;
  if (typeof cell === "number") return cell;
  if (typeof cell === "string") return BigInt(cell);
  return new Map(cell.map(([currency, units]) => [currency, BigInt(units)]));
}

function keyOf(scope: LimitScope, name: string): string {
  return `${scope} ${name}`;
}

/**
 * The limits that hold for an account or a key: what an operator set for it, else what the settings
 * say for all. Asked for every order, so a change of either works at once.
 */
import type { ControlState, LimitOverrideRow } from "@countermand/core/control";
import type { LimitScope, LimitSet } from "@countermand/core/limits";
import type { Account } from "@countermand/core/model";
import type { LimitSource } from "./order-guard.ts";

/** Read anew each time: a reload replaces them. */
export interface LimitDefaults {
  readonly accountLimits: LimitSet;
  readonly keyLimits: LimitSet;
}

interface Merged {
  readonly defaults: LimitSet;
  readonly limits: LimitSet;
}

export class EffectiveLimits implements LimitSource {
  readonly #control: ControlState;
  readonly #defaults: LimitDefaults;
  /** By the operator's row, which is replaced when it changes. */
  readonly #merged = new WeakMap<LimitOverrideRow, Merged>();

  constructor(control: ControlState, defaults: LimitDefaults) {
    this.#control = control;
    this.#defaults = defaults;
  }

  ofAccount(account: Account): LimitSet {
    return this.of("account", account);
  }

  ofKey(apiKey: string): LimitSet {
    return this.of("key", apiKey);
  }

  /** The same object as long as nothing about it changes: what is counted for it goes on. */
  of(scope: LimitScope, name: string): LimitSet {
    const { accountLimits, keyLimits } = this.#defaults;
    const defaults = scope === "account" ? accountLimits : keyLimits;
    const row = this.#control.limits.find(scope, name);
    if (row === null) return defaults;
    const known = this.#merged.get(row);
    if (known?.defaults === defaults) return known.limits;
    const limits = { ...defaults, ...row.limits };
    this.#merged.set(row, { defaults, limits });
    return limits;
  }
}

/**
 * What operators do with the limits of single accounts and keys: set, take away, list what holds
 * and where each comes from. Values are read as those of the settings are. Two operators who
 * replace what both of them read would lose one's limits: each may say which version was read.
 */
import { createHash } from "node:crypto";
import {
  type CoreRefusal,
  type EffectiveLimit,
  encodeLimits,
  encodeLimitsList,
  type Fault,
  fault,
  isFault,
  LIMIT_WORDS,
  type LimitField,
  type LimitsRemoval,
  type LimitsRequest,
  type LimitsRow,
} from "@countermand/contract";
import type { LimitOverride, LimitOverrideRow } from "@countermand/core/control";
import { unknownAccount } from "@countermand/core/desk";
import { LIMIT_CHECKS, type LimitName, type LimitScope } from "@countermand/core/limits";
import type { Account } from "@countermand/core/model";
import { dataAnswer, faultAnswer, refusalAnswer } from "../answers.ts";
import { limitSettings } from "../limit-settings.ts";
import type { EffectiveLimits } from "../limits/limit-source.ts";
import type { Answer, Sequencer } from "../sequencer/sequencer.ts";
import { SettingFault, type SettingSpec } from "../setting.ts";
import { actOf, type OperatorAnswer, type OperatorTurn } from "./operator-turn.ts";

export interface LimitServiceOptions {
  readonly sequencer: Sequencer;
  readonly limits: EffectiveLimits;
  readonly isKnownKey: (apiKey: string) => boolean;
}

/** Whose limits. */
export interface LimitOwner {
  readonly scope: LimitScope;
  readonly name: string;
}

const FIELDS: readonly (LimitName & LimitField)[] = LIMIT_CHECKS.map(({ limit }) => limit);
/** 64 bits: nobody chooses both of what would have to collide. */
const VERSION_CHARACTERS = 16;
const SETTINGS = { account: limitSettings("ACCOUNT"), key: limitSettings("KEY") };

export class LimitService {
  readonly #options: LimitServiceOptions;

  constructor(options: LimitServiceOptions) {
    this.#options = options;
  }

  /** All that is the operator's for this owner from now on; the rest is the settings'. */
  set(turn: OperatorTurn, owner: LimitOwner, request: LimitsRequest): OperatorAnswer {
    const refusal = this.#unknown(owner) ?? this.#changed(turn, owner, request);
    if (refusal !== null) return refusalAnswer(refusal);
    const limits = readLimits(owner.scope, request.limits);
    if (isFault(limits)) return faultAnswer(limits.error, limits.details);
    const act = actOf(turn, request.reason);
    const set = this.#overrides.decideSet(act, owner.scope, owner.name, limits);
    if ("refused" in set) return refusalAnswer(set);
    this.#options.sequencer.partitions.stageControlEvent(set);
    return this.#shown(owner);
  }

  /** A second time changes nothing. */
  remove(turn: OperatorTurn, owner: LimitOwner, request: LimitsRemoval): OperatorAnswer {
    const refusal = this.#unknown(owner) ?? this.#changed(turn, owner, request);
    if (refusal !== null) return refusalAnswer(refusal);
    const act = actOf(turn, request.reason);
    const removed = this.#overrides.decideRemove(act, owner.scope, owner.name);
    if (removed !== null) this.#options.sequencer.partitions.stageControlEvent(removed);
    return this.#shown(owner);
  }

  show(owner: LimitOwner): OperatorAnswer {
    const unknown = this.#unknown(owner);
    return unknown === null ? this.#shown(owner) : refusalAnswer(unknown);
  }

  list({ pageIndex, pageSize }: { readonly pageIndex: number; readonly pageSize: number }): Answer {
    const rows = this.#overrides.all();
    const from = (pageIndex - 1) * pageSize;
    const shown = rows.slice(from, from + pageSize).map((row) => this.#row(row, row));
    return dataAnswer(encodeLimitsList(shown, { total: rows.length, page: pageIndex, pageSize }));
  }

  #shown(owner: LimitOwner): OperatorAnswer {
    const row = this.#present(owner);
    return { ...dataAnswer(encodeLimits(row)), version: row.version };
  }

  #present(owner: LimitOwner): LimitsRow {
    return this.#row(owner, this.#overrides.find(owner.scope, owner.name));
  }

  /** Whether they are others than those that the operator saw, where the request names those. */
  #changed(
    { ifMatch = "*" }: OperatorTurn,
    owner: LimitOwner,
    { version: seen }: LimitsRemoval,
  ): CoreRefusal | null {
    const tags = ifMatch.split(",").map((tag) => tag.trim());
    const { act, version } = this.#present(owner);
    const isTagged = ifMatch.trim() === "*" || tags.includes(`"${version}"`);
    if (isTagged && (seen === null || seen === version)) return null;
    const last =
      act === null ? "the settings' hold now" : `${act.operator} set them: ${act.reason}`;
    const details = `not the limits that were read: ${last}. Read them again before you set them`;
    return { refused: "LIMITS_CHANGED", details };
  }

  #row({ scope, name }: LimitOwner, override: LimitOverrideRow | null): LimitsRow {
    const holds = this.#options.limits.of(scope, name);
    const limits = FIELDS.map((field): EffectiveLimit => {
      const isOperators = override !== null && Object.hasOwn(override.limits, field);
      return { field, value: holds[field], from: isOperators ? "operator" : "settings" };
    });
    const row = { scope, name, limits, act: override?.act ?? null };
    return { ...row, version: versionOf(row) };
  }

  #unknown({ scope, name }: LimitOwner): CoreRefusal | null {
    // What was set can be taken away, whatever has been forgotten since.
    if (this.#overrides.find(scope, name) !== null) return null;
    if (scope === "key") {
      if (this.#options.isKnownKey(name)) return null;
      return { refused: "UNKNOWN_KEY", details: "there is no such key" };
    }
    const account = name as Account;
    const { desk } = this.#options.sequencer.partitions.deskOf(account);
    return desk.book(account) === null ? unknownAccount(account) : null;
  }

  get #overrides() {
    return this.#options.sequencer.partitions.control.limits;
  }
}

/** Of all that is shown: settings that a reload changed are others than were seen, too. */
function versionOf(row: Omit<LimitsRow, "version">): string {
  const shown = encodeLimits({ ...row, version: "" });
  return createHash("sha256").update(shown).digest("hex").slice(0, VERSION_CHARACTERS);
}

function readLimits(
  scope: LimitScope,
  texts: ReadonlyMap<LimitField, string>,
): LimitOverride | Fault {
  const entries: [LimitField, unknown][] = [];
  for (const [field, text] of texts) {
    const spec: SettingSpec<unknown> = SETTINGS[scope][field];
    const value = spec.read(text);
    if (value instanceof SettingFault) {
      return fault("OPERATOR_INVALID_FIELD", `${LIMIT_WORDS[field]} ${value.message}, or off`);
    }
    entries.push([field, value]);
  }
  return Object.fromEntries(entries) as LimitOverride;
}

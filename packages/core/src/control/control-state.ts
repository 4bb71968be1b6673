/**
 * What operators have decided: blocks, modes, halts of instruments, limits of single accounts and
 * keys, API keys, and the answers to their requests. A pure fold of control events, owned by the
 * sequencer. Methods named `decide...` change nothing.
 */
import { assert } from "../assert.ts";
import type { UnixMs } from "../model/ids.ts";
import { MARKET_GROUP_NAMES, type MarketGroup } from "../model/instrument.ts";
import { type Refusal, refuse } from "../model/refusal.ts";
import { type ApiKeyCells, ApiKeys } from "./api-keys.ts";
import {
  type Blocked,
  type BlockReleased,
  type ControlEvent,
  type CountCells,
  countCells,
  countsOf,
  type InstrumentChanged,
  type KillCounts,
  MARKET_MODES,
  type MarketMode,
  type ModeSet,
  type OperatorAct,
  type OperatorAnswered,
  type ScopeCells,
  scopeCells,
  scopeOf,
} from "./control-event.ts";
import {
  type BlockScope,
  covers,
  type HoldScope,
  narrowest,
  type OrderOrigin,
} from "./control-scope.ts";
import { isKeyEvent } from "./key-event.ts";
import { LimitOverrides, type LimitRowCells } from "./limit-overrides.ts";

/** Blocks that hold at a time: each is looked at for every new order. */
export const ACTIVE_BLOCKS_MAX = 1_000;
/** Released blocks that are kept for the list; the journal has all of them. */
export const RELEASED_BLOCKS_MAX = 1_000;
/** Operator answers that are remembered at a time. */
export const OPERATOR_ANSWERS_MAX = 10_000;

export interface Block {
  readonly blockId: number;
  readonly scope: BlockScope;
  readonly blocked: OperatorAct;
  /** Null while it holds. */
  readonly released: OperatorAct | null;
  /** Null where the block cancels nothing. */
  readonly kill: KillCounts | null;
}

/** Mode of a market or of the whole gateway, and who set it; null for one that was never set. */
export interface ModeRow {
  readonly mode: MarketMode;
  readonly act: OperatorAct | null;
}

/** What operators changed about an instrument. */
export interface InstrumentRow {
  readonly securityDesc: string | null;
  readonly halted: boolean;
  /** Of the latest change. */
  readonly act: OperatorAct;
}

/** An operator's decision stands in the way of an order. */
export interface OperatorRefusal extends Refusal {
  readonly holdScope: HoldScope;
}

type ModeOwner = MarketGroup | null;

const NEVER_SET: ModeRow = { mode: "open", act: null };

type Cells =
  | readonly ["control", lastBlockId: number, profile: "production" | null]
  | readonly [
      "block",
      blockId: number,
      scope: ScopeCells,
      blocked: OperatorAct,
      released: OperatorAct | null,
      kill: CountCells | null,
    ]
  | readonly ["mode", owner: ModeOwner, mode: MarketMode, act: OperatorAct]
  | readonly ["instrument", symbol: string, name: string | null, halted: boolean, act: OperatorAct]
  | readonly ["answer", answer: Omit<OperatorAnswered, "type">]
  | LimitRowCells
  | ApiKeyCells;

export class ControlState {
  #profile: "production" | null = null;
  readonly keys = new ApiKeys();
  readonly limits = new LimitOverrides();
  #lastBlockId = 0;
  readonly #active = new Map<number, Block>();
  /** Oldest first. */
  readonly #released = new Map<number, Block>();
  readonly #modes = new Map<ModeOwner, ModeRow>();
  readonly #instruments = new Map<string, InstrumentRow>();
  /** Oldest first. */
  readonly #answers = new Map<string, OperatorAnswered>();

  /** What the journal was begun for; null where it does not say. */
  get profile(): "production" | null {
    return this.#profile;
  }

  activeBlocks(): Iterable<Block> {
    return this.#active.values();
  }

  releasedBlocks(): Iterable<Block> {
    return this.#released.values();
  }

  get activeBlockCount(): number {
    return this.#active.size;
  }

  block(blockId: number): Block | null {
    return this.#active.get(blockId) ?? this.#released.get(blockId) ?? null;
  }

  /** The row as it was set; the whole gateway's for null. */
  modeRow(owner: ModeOwner): ModeRow {
    return this.#modes.get(owner) ?? NEVER_SET;
  }

  /** What holds in a market: the stricter of its own mode and the gateway's. */
  mode(group: MarketGroup): MarketMode {
    const [own, overall] = [this.modeRow(group).mode, this.modeRow(null).mode];
    return MARKET_MODES.indexOf(own) > MARKET_MODES.indexOf(overall) ? own : overall;
  }

  /** Whether nothing matches in the market: no new orders, no auctions. */
  isHalted(group: MarketGroup): boolean {
    return this.#modes.size > 0 && this.mode(group) === "halted";
  }

  instrument(symbol: string): InstrumentRow | null {
    return this.#instruments.get(symbol) ?? null;
  }

  /** The answer that a request with this key was given; null when it was not, or is forgotten. */
  answer(idempotencyKey: string, nowMs: UnixMs): OperatorAnswered | null {
    const answer = this.#answers.get(idempotencyKey);
    return answer === undefined || answer.expiresAtMs < nowMs ? null : answer;
  }

  /** Whether another answer can be remembered; the next one makes room of what is expired. */
  hasRoomForAnswer(nowMs: UnixMs): boolean {
    if (this.#answers.size < OPERATOR_ANSWERS_MAX) return true;
    const [oldest] = this.#answers.values();
    return oldest !== undefined && oldest.expiresAtMs < nowMs;
  }

  /** Why no new order of this origin is taken now and no order of it is amended, or null. */
  orderRefusal(origin: OrderOrigin, symbol: string): OperatorRefusal | null {
    if (this.#active.size > 0) {
      for (const { scope } of this.#active.values()) {
        if (!covers(scope, origin)) continue;
        return { ...refuse("BLOCKED", BLOCKED_DETAILS), holdScope: narrowest(scope) };
      }
    }
    if (this.#modes.size > 0) {
      const mode = this.mode(origin.marketGroup);
      if (mode !== "open") {
        const holdScope = this.modeRow(origin.marketGroup).mode === mode ? "market" : "gateway";
        return { ...modeRefusal(mode, origin.marketGroup), holdScope };
      }
    }
    if (this.#instruments.get(symbol)?.halted === true) {
      const halted = refuse(
        "INSTRUMENT_HALTED",
        `${symbol} is halted; open orders can be cancelled`,
      );
      return { ...halted, holdScope: "instrument" };
    }
    return null;
  }

  decideBlock(act: OperatorAct, scope: BlockScope, toCancel: number | null): Blocked | Refusal {
    if (this.#active.size >= ACTIVE_BLOCKS_MAX) {
      return refuse("TOO_MANY_BLOCKS", `${ACTIVE_BLOCKS_MAX} blocks hold already`);
    }
    return { type: "Blocked", act, blockId: this.#lastBlockId + 1, scope, toCancel };
  }

  /** Null when it was released before: there is nothing to do. */
  decideRelease(act: OperatorAct, blockId: number): BlockReleased | Refusal | null {
    if (this.#active.has(blockId)) return { type: "BlockReleased", act, blockId };
    if (this.#released.has(blockId)) return null;
    return refuse("UNKNOWN_BLOCK", `there is no block ${blockId}`);
  }

  apply(event: ControlEvent): void {
    if (isKeyEvent(event)) {
      this.keys.apply(event);
      if (event.type === "KeyRevoked") this.limits.keyRevoked(event.apiKey);
      return;
    }
    switch (event.type) {
      case "ProfileBegan":
        assert(this.#profile === null, "a journal begins once");
        this.#profile = event.profile;
        break;
      case "Blocked":
        this.#applyBlocked(event);
        break;
      case "KillStepped": {
        const block = this.#active.get(event.blockId);
        assert(block?.kill != null, "a kill steps while its block holds");
        this.#active.set(event.blockId, { ...block, kill: event.counts });
        break;
      }
      case "BlockReleased":
        this.#applyReleased(event);
        break;
      case "ModeSet":
        this.#applyMode(event);
        break;
      case "InstrumentChanged":
        this.#applyInstrument(event);
        break;
      case "LimitsSet":
        this.limits.apply(event);
        break;
      case "OperatorActed":
        // Kept for the audit; its effect is the other partition's.
        break;
      case "OperatorAnswered":
        this.#applyAnswered(event);
        break;
    }
  }

  /** The whole state as canonical lines: equal states give equal lines. */
  *snapshotLines(): Iterable<string> {
    yield lineOf(["control", this.#lastBlockId, this.#profile]);
    for (const blocks of [this.#released, this.#active]) {
      for (const { blockId, scope, blocked, released, kill } of blocks.values()) {
        const counts = kill === null ? null : countCells(kill);
        yield lineOf(["block", blockId, scopeCells(scope), blocked, released, counts]);
      }
    }
    for (const owner of [null, ...MARKET_GROUP_NAMES]) {
      const row = this.modeRow(owner);
      if (row.act !== null) yield lineOf(["mode", owner, row.mode, row.act]);
    }
    for (const symbol of [...this.#instruments.keys()].sort()) {
      const row = this.#instruments.get(symbol);
      assert(row !== undefined, "a key of the map has a row");
      yield lineOf(["instrument", symbol, row.securityDesc, row.halted, row.act]);
    }
    for (const { type: _, ...answer } of this.#answers.values()) yield lineOf(["answer", answer]);
    for (const cells of this.limits.snapshotCells()) yield lineOf(cells);
    for (const cells of this.keys.snapshotCells()) yield lineOf(cells);
  }

  static restore(lines: Iterable<string>): ControlState {
    const state = new ControlState();
    for (const line of lines) state.#load(JSON.parse(line) as Cells);
    return state;
  }

  #load(cells: Cells): void {
    switch (cells[0]) {
      case "control":
        this.#lastBlockId = cells[1];
        this.#profile = cells[2];
        break;
      case "block": {
        const [, blockId, scope, blocked, released, counts] = cells;
        const kill = counts === null ? null : countsOf(counts);
        const block: Block = { blockId, scope: scopeOf(scope), blocked, released, kill };
        (released === null ? this.#active : this.#released).set(blockId, block);
        break;
      }
      case "mode":
        this.#modes.set(cells[1], { mode: cells[2], act: cells[3] });
        break;
      case "instrument": {
        const [, symbol, securityDesc, halted, act] = cells;
        this.#instruments.set(symbol, { securityDesc, halted, act });
        break;
      }
      case "answer":
        this.#answers.set(cells[1].idempotencyKey, { type: "OperatorAnswered", ...cells[1] });
        break;
      case "limits":
        this.limits.load(cells);
        break;
      case "key":
        this.keys.load(cells);
        break;
    }
  }

  #applyBlocked({ act, blockId, scope, toCancel }: Blocked): void {
    assert(blockId === this.#lastBlockId + 1, "numbers of blocks have no gaps");
    this.#lastBlockId = blockId;
    const kill = toCancel === null ? null : { ...NOTHING_COUNTED, left: toCancel };
    this.#active.set(blockId, { blockId, scope, blocked: act, released: null, kill });
  }

  #applyReleased({ act, blockId }: BlockReleased): void {
    const block = this.#active.get(blockId);
    assert(block !== undefined, "a block is released once");
    this.#active.delete(blockId);
    const { kill } = block;
    const ended = kill === null ? null : { ...kill, failed: kill.failed + kill.left, left: 0 };
    this.#released.set(blockId, { ...block, released: act, kill: ended });
    const [oldest] = this.#released.keys();
    if (oldest !== undefined && this.#released.size > RELEASED_BLOCKS_MAX) {
      this.#released.delete(oldest);
    }
  }

  #applyMode({ act, marketGroup, mode }: ModeSet): void {
    this.#modes.set(marketGroup, { mode, act });
  }

  #applyInstrument({ act, symbol, securityDesc, halted }: InstrumentChanged): void {
    const before = this.#instruments.get(symbol);
    this.#instruments.set(symbol, {
      securityDesc: securityDesc ?? before?.securityDesc ?? null,
      halted: halted ?? before?.halted ?? false,
      act,
    });
  }

  #applyAnswered(event: OperatorAnswered): void {
    for (const [key, { expiresAtMs }] of this.#answers) {
      if (expiresAtMs >= event.atMs) break;
      this.#answers.delete(key);
    }
    this.#answers.delete(event.idempotencyKey);
    this.#answers.set(event.idempotencyKey, event);
  }
}

const NOTHING_COUNTED: KillCounts = { done: 0, already: 0, tooLate: 0, failed: 0, left: 0 };

const BLOCKED_DETAILS =
  "an operator has blocked new orders here; open orders can be cancelled and are listed as ever";

function modeRefusal(mode: Exclude<MarketMode, "open">, group: MarketGroup): Refusal {
  const cancels = "open orders can be cancelled";
  return mode === "halted"
    ? refuse("MARKET_HALTED", `${group} is halted by an operator; ${cancels}`)
    : refuse("MARKET_CANCEL_ONLY", `${group} takes cancels only, by an operator; ${cancels}`);
}

function lineOf(cells: Cells): string {
  return JSON.stringify(cells);
}

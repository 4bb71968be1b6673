/**
 * What operators have decided: blocks, modes, halts of instruments, limits of single accounts and
 * keys, API keys, and the answers to their requests. A pure fold of control events, owned by the
 * sequencer. Methods named `decide...` change nothing.
 */
import { assert } from "../assert.ts";
import type { UnixMs } from "../model/ids.ts";
import { type Instrument, MARKET_GROUP_NAMES, type MarketGroup } from "../model/instrument.ts";
import { InstrumentTable } from "../model/instrument-table.ts";
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
import {
  type GridChanged,
  type GridTerms,
  type InstrumentAdded,
  type InstrumentEvent,
  type InstrumentRetired,
  type InstrumentTermCells,
  instrumentOfTerms,
  instrumentTermCells,
  isInstrumentEvent,
} from "./instrument-events.ts";
import { isKeyEvent } from "./key-event.ts";
import { LimitOverrides, type LimitRowCells } from "./limit-overrides.ts";
import { OperatorAnswers } from "./operator-answers.ts";

/** Blocks that hold at a time: each is looked at for every new order. */
export const ACTIVE_BLOCKS_MAX = 1_000;
/** Of them, so many are for whole markets and the whole gateway: those can always be stopped. */
export const WIDE_BLOCKS_KEPT = 100;
/** Released blocks that are kept for the list; the journal has all of them. */
export const RELEASED_BLOCKS_MAX = 1_000;
/** Instruments of a node, retired ones among them. */
export const INSTRUMENTS_MAX = 1_000;

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
  | readonly [
      "control",
      lastBlockId: number,
      profile: "production" | null,
      // Left out where no answer was forgotten: so an earlier version wrote it.
      forgottenMs?: UnixMs,
    ]
  | readonly [
      "block",
      blockId: number,
      scope: ScopeCells,
      blocked: OperatorAct,
      released: OperatorAct | null,
      kill: CountCells | null,
    ]
  | readonly ["mode", owner: ModeOwner, mode: MarketMode, act: OperatorAct]
  | readonly ["terms", isRetired: boolean, ...InstrumentTermCells]
  | readonly ["instrument", symbol: string, name: string | null, halted: boolean, act: OperatorAct]
  | readonly ["answer", answer: Omit<OperatorAnswered, "type">]
  | LimitRowCells
  | ApiKeyCells;

export class ControlState {
  #profile: "production" | null = null;
  readonly keys = new ApiKeys();
  readonly limits = new LimitOverrides();
  readonly answers = new OperatorAnswers();
  #lastBlockId = 0;
  readonly #active = new Map<number, Block>();
  /** Oldest first. */
  readonly #released = new Map<number, Block>();
  readonly #modes = new Map<ModeOwner, ModeRow>();
  /** As they stand: everybody in the node who needs one looks it up here. */
  readonly table: InstrumentTable;
  readonly #instruments = new Map<string, InstrumentRow>();
  /** Those that are not what the node began with. */
  readonly #altered = new Set<string>();

  /** The table is this state's from now on: nobody else writes to it. */
  constructor(table: InstrumentTable = new InstrumentTable([])) {
    this.table = table;
  }

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
    if (this.table.isRetired(symbol)) {
      const retired = refuse("INSTRUMENT_RETIRED", `${symbol} is not traded any more`);
      return { ...retired, holdScope: "instrument" };
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
    const isWide = ["market", "gateway"].includes(narrowest(scope));
    const most = isWide ? ACTIVE_BLOCKS_MAX : ACTIVE_BLOCKS_MAX - WIDE_BLOCKS_KEPT;
    if (this.#active.size >= most) {
      return refuse("TOO_MANY_BLOCKS", `${this.#active.size} blocks hold already`);
    }
    return { type: "Blocked", act, blockId: this.#lastBlockId + 1, scope, toCancel };
  }

  /** Null when it was released before: there is nothing to do. */
  decideRelease(act: OperatorAct, blockId: number): BlockReleased | Refusal | null {
    if (this.#active.has(blockId)) return { type: "BlockReleased", act, blockId };
    if (this.#released.has(blockId)) return null;
    return refuse("UNKNOWN_BLOCK", `there is no block ${blockId}`);
  }

  decideAdd(act: OperatorAct, instrument: Instrument): InstrumentAdded | Refusal {
    const { symbol } = instrument;
    if (this.table.find(symbol) !== null) {
      return refuse("INSTRUMENT_EXISTS", `there is or was an instrument ${symbol}`);
    }
    if (this.table.all.length >= INSTRUMENTS_MAX) {
      return refuse("TOO_MANY_INSTRUMENTS", `there are ${INSTRUMENTS_MAX} instruments`);
    }
    const fault = this.table.listingFault(instrument);
    if (fault !== null) return refuse("INVALID_INSTRUMENT", `it must hold: ${fault}`);
    return { type: "InstrumentAdded", act, instrument };
  }

  /** Null where it has these terms already. What rests in its book is the caller's to look at. */
  decideGrid(act: OperatorAct, symbol: string, grid: GridTerms): GridChanged | Refusal | null {
    const before = this.table.find(symbol);
    if (before === null) return unknownInstrument(symbol);
    const fault = this.table.listingFault({ ...before, ...grid });
    if (fault !== null) return refuse("INVALID_INSTRUMENT", `it must hold: ${fault}`);
    if (isSameGrid(before, grid)) return null;
    const { priceTick, priceMax, lotQty, orderQtyMax } = grid;
    const terms = { priceTick, priceMax, lotQty, orderQtyMax };
    return { type: "GridChanged", act, symbol, grid: terms };
  }

  /** Null when it was retired before. What works in its book is the caller's to look at. */
  decideRetire(act: OperatorAct, symbol: string): InstrumentRetired | Refusal | null {
    if (this.table.find(symbol) === null) return unknownInstrument(symbol);
    return this.table.isRetired(symbol) ? null : { type: "InstrumentRetired", act, symbol };
  }

  apply(event: ControlEvent): void {
    if (isInstrumentEvent(event)) {
      this.#applyInstrumentEvent(event);
      return;
    }
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
        this.answers.add(event);
        break;
    }
  }

  /** The whole state as canonical lines: equal states give equal lines. */
  *snapshotLines(): Iterable<string> {
    const { forgottenMs } = this.answers;
    const forgotten = forgottenMs === 0 ? ([] as const) : ([forgottenMs] as const);
    yield lineOf(["control", this.#lastBlockId, this.#profile, ...forgotten]);
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
    // In the table's order, which is a fact of its own.
    for (const instrument of this.table.all) {
      const { symbol } = instrument;
      if (!this.#altered.has(symbol)) continue;
      yield lineOf(["terms", this.table.isRetired(symbol), ...instrumentTermCells(instrument)]);
    }
    for (const symbol of [...this.#instruments.keys()].sort()) {
      const row = this.#instruments.get(symbol);
      assert(row !== undefined, "a key of the map has a row");
      yield lineOf(["instrument", symbol, row.securityDesc, row.halted, row.act]);
    }
    for (const { type: _, ...answer } of this.answers.all()) yield lineOf(["answer", answer]);
    for (const cells of this.limits.snapshotCells()) yield lineOf(cells);
    for (const cells of this.keys.snapshotCells()) yield lineOf(cells);
  }

  /** Into a table of what the node began with. */
  static restore(lines: Iterable<string>, table?: InstrumentTable): ControlState {
    const state = new ControlState(table);
    for (const line of lines) state.#load(JSON.parse(line) as Cells);
    return state;
  }

  #load(cells: Cells): void {
    switch (cells[0]) {
      case "control":
        this.#lastBlockId = cells[1];
        this.#profile = cells[2];
        if (cells[3] !== undefined) this.answers.restoreForgotten(cells[3]);
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
      case "terms": {
        const [, isRetired, ...terms] = cells;
        this.#setTerms(instrumentOfTerms(terms));
        if (isRetired) this.table.retire(terms[0]);
        break;
      }
      case "instrument": {
        const [, symbol, securityDesc, halted, act] = cells;
        this.#instruments.set(symbol, { securityDesc, halted, act });
        this.#rename(symbol, securityDesc);
        break;
      }
      case "answer":
        this.answers.restore({ type: "OperatorAnswered", ...cells[1] });
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
    this.#rename(symbol, securityDesc);
  }

  #applyInstrumentEvent(event: InstrumentEvent): void {
    switch (event.type) {
      case "InstrumentAdded":
        assert(this.table.find(event.instrument.symbol) === null, "an instrument is added once");
        this.#setTerms(event.instrument);
        break;
      case "GridChanged": {
        const before = this.table.find(event.symbol);
        assert(before !== null, "the instrument is listed");
        this.#setTerms({ ...before, ...event.grid });
        break;
      }
      case "InstrumentRetired":
        this.#altered.add(event.symbol);
        this.table.retire(event.symbol);
        break;
    }
  }

  #setTerms(instrument: Instrument): void {
    this.#altered.add(instrument.symbol);
    this.table.set(instrument);
  }

  /** The name is for people: nothing that is decided about an order depends on it. */
  #rename(symbol: string, securityDesc: string | null): void {
    const instrument = this.table.find(symbol);
    if (instrument !== null && securityDesc !== null) {
      this.table.set({ ...instrument, securityDesc });
    }
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

function isSameGrid(a: GridTerms, b: GridTerms): boolean {
  return (
    a.priceTick === b.priceTick &&
    a.priceMax === b.priceMax &&
    a.lotQty === b.lotQty &&
    a.orderQtyMax === b.orderQtyMax
  );
}

function unknownInstrument(symbol: string): Refusal {
  return refuse("UNKNOWN_INSTRUMENT", `there is no ${symbol}`);
}

function lineOf(cells: Cells): string {
  return JSON.stringify(cells);
}

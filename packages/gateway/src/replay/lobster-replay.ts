/**
 * Feeds the messages of a LOBSTER file to the exchange and compares its book with the row that
 * belongs to each. How a message becomes commands, and what cannot be known from the files, is
 * written down in docs/protocol/lobster.md. Pure but for the exchange it owns.
 */
import { assert } from "@countermand/core/assert";
import { Side } from "@countermand/core/model";
import {
  formatLobsterPrice,
  type LobsterLevel,
  type LobsterMessage,
  type LobsterRow,
  LobsterType,
  type VisibleMessage,
} from "./lobster-format.ts";
import { isWorse, ReplayBook, type ReplayFill, type ReplayOrder } from "./replay-book.ts";

export interface ReplayOptions {
  readonly symbol: string;
  /** Levels per side that are compared, best first; null compares all that the file has. */
  readonly comparedLevelCount: number | null;
}

/** A row whose book differs, or whose message did something else than it says. */
export interface ReplayDifference {
  /** From 1: the line number in both files. */
  readonly rowNo: number;
  readonly message: LobsterMessage;
  /** What the message did instead; empty when only the levels differ. */
  readonly reasons: readonly string[];
  readonly expected: ReplaySides;
  readonly actual: ReplaySides;
}

export interface ReplaySides {
  readonly bids: readonly LobsterLevel[];
  readonly asks: readonly LobsterLevel[];
}

export interface ReplayCounts {
  messageCount: number;
  readonly messageCountByType: Map<LobsterType, number>;
  /** Levels of the first row, which the book starts with. */
  startLevelCount: number;
  comparedRowCount: number;
  equalRowCount: number;
  /** Visible executions that were fed and hit the order they name, and no other. */
  exactExecutionCount: number;
  /** Visible executions that were fed. */
  executionCount: number;
  /** Messages about orders that the file never entered, or lost sight of. */
  unnamedOrderCount: number;
  /** Levels that came into view from behind the last level, and were taken from the row. */
  shownLevelCount: number;
  /** Levels that went out of view behind the last level, and were forgotten. */
  hiddenLevelCount: number;
  /** Messages behind the last level in view: not fed. */
  outOfViewCount: number;
}

export class LobsterReplay {
  readonly counts: ReplayCounts = {
    messageCount: 0,
    messageCountByType: new Map(Object.values(LobsterType).map((type) => [type, 0])),
    startLevelCount: 0,
    comparedRowCount: 0,
    equalRowCount: 0,
    exactExecutionCount: 0,
    executionCount: 0,
    unnamedOrderCount: 0,
    shownLevelCount: 0,
    hiddenLevelCount: 0,
    outOfViewCount: 0,
  };
  readonly #book: ReplayBook;
  readonly #comparedLevelCount: number | null;
  #lastRow: LobsterRow | null = null;
  #firstDifference: ReplayDifference | null = null;

  constructor({ symbol, comparedLevelCount }: ReplayOptions) {
    this.#book = new ReplayBook(symbol);
    this.#comparedLevelCount = comparedLevelCount;
  }

  get firstDifference(): ReplayDifference | null {
    return this.#firstDifference;
  }

  /**
   * Takes the next line of both files. Preconditions: all rows have the same number of levels; the
   * first one is not crossed, see {@link isCrossed}.
   */
  next(message: LobsterMessage, row: LobsterRow): void {
    const { counts } = this;
    const { messageCountByType } = counts;
    counts.messageCount += 1;
    messageCountByType.set(message.type, (messageCountByType.get(message.type) ?? 0) + 1);
    const last = this.#lastRow;
    const reasons = last === null ? this.#start(message, row) : this.#follow(message, row, last);
    this.#lastRow = row;
    const difference = this.#compare(message, row, reasons);
    // The first row is where the book comes from: that its levels are equal proves nothing.
    if (last !== null) counts.comparedRowCount += 1;
    if (last !== null && difference === null) counts.equalRowCount += 1;
    this.#firstDifference ??= difference;
    this.#forgetOutOfView(Side.Buy, row);
    this.#forgetOutOfView(Side.Sell, row);
  }

  /** The first row shows what the first message did: only a new order has to be told apart. */
  #start(message: LobsterMessage, row: LobsterRow): string[] {
    assert(!isCrossed(row), "the first row is not crossed");
    let own = message.type === LobsterType.NewOrder ? message : null;
    if (own !== null && isOutOfView(own, row)) {
      this.counts.outOfViewCount += 1;
      own = null;
    }
    for (const side of [Side.Buy, Side.Sell]) {
      for (const { price, size } of levelsOf(row, side)) {
        this.counts.startLevelCount += 1;
        const isOwn = own?.side === side && own.price === price && own.size <= size;
        const before = isOwn ? size - (own?.size ?? 0) : size;
        if (before > 0) this.#book.enter(null, side, price, before);
        if (own === null || !isOwn) continue;
        this.#book.enter(own.lobsterId, side, price, own.size);
        own = null;
      }
    }
    return own === null ? [] : [`order ${own.lobsterId} is not in the row that follows it`];
  }

  #follow(message: LobsterMessage, row: LobsterRow, last: LobsterRow): string[] {
    const reasons = isVisibleMessage(message) ? this.#feed(message, last) : [];
    this.#takeUpShown(Side.Buy, row, last);
    this.#takeUpShown(Side.Sell, row, last);
    return reasons;
  }

  #feed(message: VisibleMessage, last: LobsterRow): string[] {
    if (isOutOfView(message, last)) {
      this.counts.outOfViewCount += 1;
      return [];
    }
    switch (message.type) {
      case LobsterType.NewOrder:
        return this.#enter(message);
      case LobsterType.PartialCancel:
      case LobsterType.Delete:
        return this.#reduce(message);
      case LobsterType.VisibleExecution:
        return this.#execute(message);
    }
  }

  #enter({ lobsterId, side, price, size }: VisibleMessage): string[] {
    if (this.#book.find(lobsterId) !== undefined) {
      return [`order ${lobsterId} is in the book already`];
    }
    const fills = this.#book.enter(lobsterId, side, price, size);
    return fills.map((fill) => `it traded ${fillText(fill)} as it came in`);
  }

  #reduce(message: VisibleMessage): string[] {
    const order = this.#named(message);
    if (order === undefined) return [unknownText(message)];
    const reasons = termsReasons(order, message);
    this.#book.reduce(order, Math.min(message.size, order.leavesLots));
    return reasons;
  }

  /** The order that came in and hit the named one is not in the file: it is made up here. */
  #execute(message: VisibleMessage): string[] {
    const order = this.#named(message);
    const reasons = order === undefined ? [unknownText(message)] : termsReasons(order, message);
    const { side, price, size } = message;
    const incomingSide = side === Side.Buy ? Side.Sell : Side.Buy;
    const fills = this.#book.take(incomingSide, price, size);
    let traded = 0;
    for (const fill of fills) {
      traded += fill.size;
      if (fill.order !== order) reasons.push(`it traded ${fillText(fill)} by priority`);
    }
    if (traded < size) reasons.push(`only ${traded} of ${size} traded`);
    this.counts.executionCount += 1;
    if (reasons.length === 0) this.counts.exactExecutionCount += 1;
    return reasons;
  }

  /** An order that the file never entered is part of what was at its price before. */
  #named({ lobsterId, side, price }: VisibleMessage): ReplayOrder | undefined {
    const named = this.#book.find(lobsterId);
    if (named !== undefined) return named;
    this.counts.unnamedOrderCount += 1;
    return this.#book.findUnnamed(side, price);
  }

  /** Levels from behind the last one: what happened there was in no message. */
  #takeUpShown(side: Side, row: LobsterRow, last: LobsterRow): void {
    const edge = edgeOf(last, side);
    if (edge === null) return;
    const levels = levelsOf(row, side);
    for (let index = levels.length - 1; index >= 0; index -= 1) {
      const level = levels[index];
      if (level === undefined || !isWorse(side, level.price, edge)) break;
      this.#book.dropLevel(side, level.price);
      this.#book.enter(null, side, level.price, level.size);
      this.counts.shownLevelCount += 1;
    }
  }

  #forgetOutOfView(side: Side, row: LobsterRow): void {
    const edge = edgeOf(row, side);
    if (edge === null || this.#book.levelCount(side) <= row.levelCount) return;
    this.counts.hiddenLevelCount += this.#book.dropBeyond(side, edge);
  }

  #compare(
    message: LobsterMessage,
    row: LobsterRow,
    reasons: readonly string[],
  ): ReplayDifference | null {
    const levelCount = this.#comparedLevelCount ?? row.levelCount;
    const actual = this.#book.depth(levelCount);
    const areSame =
      haveSameLevels(row.bids, actual.bids, levelCount) &&
      haveSameLevels(row.asks, actual.asks, levelCount);
    if (areSame && reasons.length === 0) return null;
    const expected = { bids: row.bids.slice(0, levelCount), asks: row.asks.slice(0, levelCount) };
    return { rowNo: this.counts.messageCount, message, reasons, expected, actual };
  }
}

/** Whether the best bid is as high as the best ask. */
export function isCrossed({ bids, asks }: ReplaySides): boolean {
  const [bid] = bids;
  const [ask] = asks;
  return bid !== undefined && ask !== undefined && bid.price >= ask.price;
}

function isVisibleMessage(message: LobsterMessage): message is VisibleMessage {
  return message.type <= LobsterType.VisibleExecution;
}

function levelsOf(row: LobsterRow, side: Side): readonly LobsterLevel[] {
  return side === Side.Buy ? row.bids : row.asks;
}

/** The last price in view; null when the row has room left, so that there is nothing behind it. */
function edgeOf(row: LobsterRow, side: Side): number | null {
  return levelsOf(row, side)[row.levelCount - 1]?.price ?? null;
}

function isOutOfView({ side, price }: VisibleMessage, row: LobsterRow): boolean {
  const edge = edgeOf(row, side);
  return edge !== null && isWorse(side, price, edge);
}

function haveSameLevels(
  expected: readonly LobsterLevel[],
  actual: readonly LobsterLevel[],
  levelCount: number,
): boolean {
  if (actual.length !== Math.min(expected.length, levelCount)) return false;
  return actual.every(({ price, size }, index) => {
    const other = expected[index];
    return other?.price === price && other.size === size;
  });
}

/** What a message says of an order that the book has otherwise. */
function termsReasons(order: ReplayOrder, message: VisibleMessage): string[] {
  const { lobsterId, side, price, size } = message;
  const reasons: string[] = [];
  if (order.side !== side) reasons.push(`order ${lobsterId} is of the other side`);
  if (order.price !== price) {
    reasons.push(`order ${lobsterId} rests at ${formatLobsterPrice(order.price)}`);
  }
  const isWhole = message.type === LobsterType.Delete && order.lobsterId !== null;
  if (size > order.leavesLots || (isWhole && size !== order.leavesLots)) {
    reasons.push(`${orderText(order)} has ${order.leavesLots} left, not ${size}`);
  }
  return reasons;
}

function unknownText({ lobsterId, price }: VisibleMessage): string {
  const where = `at ${formatLobsterPrice(price)}`;
  return `order ${lobsterId} was never entered, and nothing older is left ${where}`;
}

function fillText({ order, size }: ReplayFill): string {
  return `${size} with ${orderText(order)} at ${formatLobsterPrice(order.price)}`;
}

function orderText({ lobsterId }: ReplayOrder): string {
  return lobsterId === null ? "the older orders" : `order ${lobsterId}`;
}

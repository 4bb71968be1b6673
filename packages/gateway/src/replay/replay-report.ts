/** What a replay found, as text for a reader. */
import {
  formatLobsterPrice,
  formatLobsterTime,
  type LobsterLevel,
  LobsterType,
} from "./lobster-format.ts";
import type { ReplayCounts, ReplayDifference, ReplaySides } from "./lobster-replay.ts";

export interface ReplayResult {
  readonly symbol: string;
  readonly counts: ReplayCounts;
  readonly firstDifference: ReplayDifference | null;
  /** The message of the first difference as the file has it; "" without one. */
  readonly differingLine: string;
  /** Levels per side that were compared. */
  readonly comparedLevelCount: number;
  /** Duration of the replay, reading included. */
  readonly elapsedMs: number;
}

const TYPE_NAMES: { readonly [T in LobsterType]: string } = {
  [LobsterType.NewOrder]: "new order",
  [LobsterType.PartialCancel]: "partial cancel",
  [LobsterType.Delete]: "delete",
  [LobsterType.VisibleExecution]: "visible execution",
  [LobsterType.HiddenExecution]: "hidden execution (not fed)",
  [LobsterType.CrossTrade]: "cross trade (skipped)",
  [LobsterType.TradingHalt]: "trading halt (skipped)",
};

/** Lines of the report, the verdict first. */
export function replayReport(result: ReplayResult): string[] {
  const { symbol, counts, firstDifference, comparedLevelCount } = result;
  const verdict =
    firstDifference === null ? "every row is equal" : `row ${firstDifference.rowNo} differs`;
  return [
    `${symbol}: ${verdict}`,
    "",
    fact("messages", counts.messageCount),
    ...[...counts.messageCountByType].map(([type, count]) =>
      fact(`  ${type} ${TYPE_NAMES[type]}`, count),
    ),
    fact("levels compared per side", comparedLevelCount),
    fact("rows compared (row 1 is the start)", counts.comparedRowCount),
    fact("rows equal", counts.equalRowCount),
    fact("executions fed", counts.executionCount),
    fact("  that hit the named order only", counts.exactExecutionCount),
    fact("levels of the book at the start", counts.startLevelCount),
    fact("messages about older orders", counts.unnamedOrderCount),
    fact("messages out of view (not fed)", counts.outOfViewCount),
    fact("levels that came into view", counts.shownLevelCount),
    fact("levels that went out of view", counts.hiddenLevelCount),
    fact("messages per second", rateOf(result)),
    ...(firstDifference === null ? [] : ["", ...differenceReport(result, firstDifference)]),
  ];
}

function differenceReport(
  { differingLine }: ReplayResult,
  { rowNo, message, reasons, expected, actual }: ReplayDifference,
): string[] {
  const time = formatLobsterTime(message.timeNs);
  return [
    `first differing row: ${rowNo}`,
    `message: ${differingLine} (${TYPE_NAMES[message.type]} at ${time})`,
    ...reasons.map((reason) => `reason: ${reason}`),
    "",
    ...sideBySide(expected, actual),
  ];
}

/** Levels as size and price; a `*` marks those that differ. */
function sideBySide(expected: ReplaySides, actual: ReplaySides): string[] {
  const rows = [
    ["", "level", "bid expected", "bid actual", "ask expected", "ask actual"],
    ...levelRows(expected, actual),
  ];
  const widths = [0, 1, 2, 3, 4, 5].map((column) =>
    Math.max(...rows.map((row) => (row[column] ?? "").length)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padStart(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

function levelRows(expected: ReplaySides, actual: ReplaySides): string[][] {
  const sides = [expected.bids, actual.bids, expected.asks, actual.asks];
  const levelCount = Math.max(...sides.map((levels) => levels.length));
  return Array.from({ length: levelCount }, (_, index) => {
    const cells = sides.map((levels) => levelText(levels[index]));
    const isSame = cells[0] === cells[1] && cells[2] === cells[3];
    return [isSame ? "" : "*", String(index + 1), ...cells];
  });
}

function levelText(level: LobsterLevel | undefined): string {
  return level === undefined ? "-" : `${level.size} at ${formatLobsterPrice(level.price)}`;
}

function rateOf({ counts, elapsedMs }: ReplayResult): number {
  return Math.round((counts.messageCount * 1000) / Math.max(elapsedMs, 1));
}

function fact(name: string, value: number): string {
  return `${name.padEnd(36)}${value.toLocaleString("en-US").padStart(14)}`;
}

/**
 * The command `replay MESSAGES ORDERBOOK [--levels N] [--symbol S]`. The report goes to stdout,
 * everything else to stderr.
 */
import { parseArgs } from "node:util";
import { systemClock } from "../sys/clock.ts";
import { LobsterFileError, type LobsterPaths, readLobsterFiles } from "./lobster-files.ts";
import { LobsterReplay } from "./lobster-replay.ts";
import { type ReplayResult, replayReport } from "./replay-report.ts";

const EXIT_EQUAL = 0;
const EXIT_DIFFERS = 1;
/** The arguments or the files are not what they must be. */
const EXIT_REFUSED = 2;

const USAGE = "usage: npm run replay -- MESSAGES ORDERBOOK [--levels N] [--symbol S]";
const DEFAULT_SYMBOL = "LOBSTER";

/** How often, in messages, the clock is looked at; and how often progress is shown. */
const PROGRESS_CHECK_COUNT = 4_096;
const PROGRESS_MS = 250;

interface ReplayArguments {
  readonly paths: LobsterPaths;
  readonly symbol: string;
  readonly levelCount: number | null;
}

/** Where it writes to. */
export interface ReplayStreams {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
}

/** The exit code. */
export function replayCommand(argv: readonly string[], streams: ReplayStreams = process): number {
  try {
    const result = replay(readArguments(argv));
    streams.stdout.write(`${replayReport(result).join("\n")}\n`);
    return result.firstDifference === null ? EXIT_EQUAL : EXIT_DIFFERS;
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal === null) throw error;
    streams.stderr.write(`replay: ${refusal}\n`);
    return EXIT_REFUSED;
  }
}

function replay({ paths, symbol, levelCount }: ReplayArguments): ReplayResult {
  const startMs = systemClock.monotonicMs();
  const progress = new Progress();
  const replay = new LobsterReplay({ symbol, comparedLevelCount: levelCount });
  let comparedLevelCount = 0;
  let differingLine = "";
  for (const { message, row, messageLine } of readLobsterFiles(paths)) {
    if (levelCount !== null && levelCount > row.levelCount) {
      throw new ArgumentError(`--levels ${levelCount}: the file has ${row.levelCount} levels`);
    }
    comparedLevelCount = levelCount ?? row.levelCount;
    const wasEqual = replay.firstDifference === null;
    replay.next(message, row);
    if (wasEqual && replay.firstDifference !== null) differingLine = messageLine;
    progress.show(replay.counts.messageCount);
  }
  progress.clear();
  const { counts, firstDifference } = replay;
  const elapsedMs = systemClock.monotonicMs() - startMs;
  return { symbol, counts, firstDifference, differingLine, comparedLevelCount, elapsedMs };
}

/** One line on a terminal that is written over; nothing where stderr is a file or a pipe. */
class Progress {
  #shownMs = systemClock.monotonicMs();
  #isShown = false;

  show(messageCount: number): void {
    if (process.stderr.isTTY !== true || messageCount % PROGRESS_CHECK_COUNT !== 0) return;
    const nowMs = systemClock.monotonicMs();
    if (nowMs - this.#shownMs < PROGRESS_MS) return;
    process.stderr.write(`\r${messageCount.toLocaleString("en-US")} messages`);
    this.#shownMs = nowMs;
    this.#isShown = true;
  }

  clear(): void {
    if (this.#isShown) process.stderr.write("\r\x1b[K");
    this.#isShown = false;
  }
}

class ArgumentError extends Error {
  override readonly name = "ArgumentError";
  readonly code = "REPLAY_ARGUMENTS";
}

function readArguments(argv: readonly string[]): ReplayArguments {
  const { values, positionals } = parseArgs({
    args: [...argv],
    options: { levels: { type: "string" }, symbol: { type: "string" } },
    allowPositionals: true,
  });
  const [messages, orderBook, ...others] = positionals;
  if (messages === undefined || orderBook === undefined || others.length > 0) {
    throw new ArgumentError(`expected two files, got ${positionals.length}; ${USAGE}`);
  }
  const { levels, symbol = DEFAULT_SYMBOL } = values;
  if (levels !== undefined && !/^[1-9][0-9]{0,3}$/.test(levels)) {
    throw new ArgumentError(`--levels ${levels}: expected a whole number from 1 to 9999`);
  }
  if (symbol === "") throw new ArgumentError("--symbol: expected a name");
  const levelCount = levels === undefined ? null : Number(levels);
  return { paths: { messages, orderBook }, symbol, levelCount };
}

/** A refusal's line; null for a bug, which keeps its stack. */
function refusalOf(error: unknown): string | null {
  if (error instanceof LobsterFileError || error instanceof ArgumentError) return error.message;
  const { code, message } = error as { code?: string; message?: string };
  if (code?.startsWith("ERR_PARSE_ARGS_") === true) return `${message}; ${USAGE}`;
  return code === undefined || code.startsWith("ERR_") ? null : (message ?? code);
}

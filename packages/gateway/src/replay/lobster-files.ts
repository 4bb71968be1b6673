/** Reads the two files of a replay in step, whatever their size: a piece of each at a time. */
import { readPieces } from "../sys/disk.ts";
import {
  type LobsterMessage,
  type LobsterRow,
  parseLobsterMessage,
  parseLobsterRow,
} from "./lobster-format.ts";
import { isCrossed } from "./lobster-replay.ts";

/** A line that is not what the format has there. */
export class LobsterFileError extends Error {
  override readonly name = "LobsterFileError";
  readonly code = "LOBSTER_FILE";

  constructor(path: string, lineNo: number, fault: string) {
    super(`${path}: line ${lineNo}: ${fault}`);
  }
}

/** One line of both files. */
export interface LobsterStep {
  readonly message: LobsterMessage;
  readonly row: LobsterRow;
  /** The message as the file has it. */
  readonly messageLine: string;
}

export interface LobsterPaths {
  readonly messages: string;
  readonly orderBook: string;
}

const PIECE_BYTES = 1 << 16;
/** Far more than a row of a thousand levels; a file without line ends must not fill the memory. */
const LINE_BYTES_MAX = 1 << 17;

/**
 * The lines of both files in step, from the first one.
 * @throws LobsterFileError for the first line that is wrong
 * @throws Error with the system's `code` when a file cannot be read
 */
export function* readLobsterFiles(paths: LobsterPaths): Generator<LobsterStep, void, void> {
  const messageLines = readLines(paths.messages);
  const rowLines = readLines(paths.orderBook);
  let levelCount = 0;
  try {
    for (let lineNo = 1; ; lineNo += 1) {
      const messageLine = messageLines.next();
      const rowLine = rowLines.next();
      if (messageLine.done === true && rowLine.done === true && lineNo > 1) return;
      if (messageLine.done === true) {
        throw new LobsterFileError(paths.messages, lineNo, missing(lineNo, "message", "row"));
      }
      if (rowLine.done === true) {
        throw new LobsterFileError(paths.orderBook, lineNo, missing(lineNo, "row", "message"));
      }
      const message = parseLobsterMessage(messageLine.value);
      if (typeof message === "string") {
        throw new LobsterFileError(paths.messages, lineNo, message);
      }
      const row = parseLobsterRow(rowLine.value);
      const fault = typeof row === "string" ? row : rowFault(row, lineNo, levelCount);
      if (typeof row === "string" || fault !== null) {
        throw new LobsterFileError(paths.orderBook, lineNo, fault ?? "");
      }
      levelCount = row.levelCount;
      yield { message, row, messageLine: messageLine.value };
    }
  } finally {
    messageLines.return();
    rowLines.return();
  }
}

function missing(lineNo: number, what: string, other: string): string {
  return lineNo === 1 ? "the file is empty" : `the ${what} of the other file's ${other} is missing`;
}

/** What is wrong with a row among the others. */
function rowFault(row: LobsterRow, lineNo: number, levelCount: number): string | null {
  if (lineNo === 1) {
    return isCrossed(row) ? "the best bid is not below the best ask: no book to start from" : null;
  }
  if (row.levelCount === levelCount) return null;
  return `has ${row.levelCount} levels, the rows before it have ${levelCount}`;
}

/** Lines end with LF or CR LF; the last one may do without. */
function* readLines(path: string): Generator<string, void, void> {
  let lineNo = 1;
  let rest = "";
  for (const piece of readPieces(path, 0, PIECE_BYTES)) {
    // Bytes that are no ASCII are wrong anywhere, and each is a character of its own here.
    const lines = (rest + piece.toString("latin1")).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      yield line.endsWith("\r") ? line.slice(0, -1) : line;
      lineNo += 1;
    }
    if (rest.length > LINE_BYTES_MAX) {
      throw new LobsterFileError(path, lineNo, `is longer than ${LINE_BYTES_MAX} bytes`);
    }
  }
  if (rest !== "") yield rest;
}

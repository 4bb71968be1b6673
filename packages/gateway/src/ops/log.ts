/** Structured log on standard error: one event name per line, glossary words, never a secret. */
import pino, { type Logger } from "pino";
import type { LogLevel } from "../config.ts";

export type Log = Logger;

const STANDARD_ERROR = 2;
/** Characters of lines that are kept until they can be written; beyond them lines are dropped. */
const UNWRITTEN_CHARACTERS_MAX = 1_048_576;

/** Nothing stops because it cannot be logged: cancels go on while the log's disk is full. */
export function createLog(level: LogLevel, fileDescriptor = STANDARD_ERROR): Log {
  const options = {
    level,
    base: null,
    messageKey: "event",
    redact: { paths: ["secret", "signature", "*.secret", "*.signature"], censor: "[redacted]" },
  };
  const maxLength = UNWRITTEN_CHARACTERS_MAX;
  const destination = pino.destination({ dest: fileDescriptor, sync: true, maxLength });
  destination.on("error", () => {
    // The line is kept, and written with the next one for which there is room.
  });
  return pino(options, destination);
}

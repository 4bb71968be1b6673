/** Structured log on standard error: one event name per line, glossary words, never a secret. */
import pino, { type Logger } from "pino";
import type { LogLevel } from "../config.ts";
import { LineWriter } from "../sys/line-writer.ts";

export type Log = Logger;

const STANDARD_ERROR = 2;

/** Nothing stops because it cannot be logged: cancels go on while the log's disk is full. */
export function createLog(level: LogLevel, fileDescriptor = STANDARD_ERROR): Log {
  const options = {
    level,
    base: null,
    messageKey: "event",
    redact: { paths: ["secret", "signature", "*.secret", "*.signature"], censor: "[redacted]" },
  };
  // The library's own writer waits for a reader that sleeps, and tries no more once it holds enough.
  return pino(options, new LineWriter(fileDescriptor));
}

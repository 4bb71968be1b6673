/** Structured log on standard error: one event name per line, glossary words, never a secret. */
import pino, { type Logger } from "pino";
import type { LogLevel } from "../config.ts";

export type Log = Logger;

export function createLog(level: LogLevel): Log {
  const options = {
    level,
    base: null,
    messageKey: "event",
    redact: { paths: ["secret", "signature", "*.secret", "*.signature"], censor: "[redacted]" },
  };
  return pino(options, pino.destination({ dest: 2, sync: true }));
}

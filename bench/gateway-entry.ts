/**
 * The gateway as it is started for a user, plus one answer to a benchmark: memory after a
 * collection.
 */
import "../packages/gateway/src/main.ts";

process.on("message", () => {
  globalThis.gc?.();
  globalThis.gc?.();
  process.send?.(process.memoryUsage());
});

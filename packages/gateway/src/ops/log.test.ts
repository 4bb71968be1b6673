import assert from "node:assert/strict";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createLog } from "./log.ts";

test("log: a line is JSON with the event's name, and secrets are not in it", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "countermand-log-"));
  const file = openSync(join(folder, "log"), "w");
  t.after(() => {
    closeSync(file);
    rmSync(folder, { recursive: true });
  });
  createLog("info", file).info({ secret: "s-1", port: 1 }, "node.started");
  const line = JSON.parse(readFileSync(join(folder, "log"), "utf8")) as Record<string, unknown>;
  const { time: _, ...rest } = line;
  assert.deepEqual(rest, { level: 30, secret: "[redacted]", port: 1, event: "node.started" });
});

test("log: one that cannot be written stops nothing", (t) => {
  const full = openSync("/dev/full", "w");
  t.after(() => closeSync(full));
  const log = createLog("info", full);
  const text = "x".repeat(10_000);
  for (let line = 0; line < 300; line += 1) log.info({ text }, "disk.full");
});

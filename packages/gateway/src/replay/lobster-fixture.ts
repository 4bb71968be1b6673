/** For tests of replays: order flow that a test spells. */
import assert from "node:assert/strict";
import { parseLobsterMessage, parseLobsterRow } from "./lobster-format.ts";
import { LobsterReplay } from "./lobster-replay.ts";

/** A message and the row after it. */
export type Step = readonly [message: string, row: string];

/** A replay that has had the steps. */
export function replayOf(
  steps: Iterable<Step>,
  comparedLevelCount: number | null = null,
): LobsterReplay {
  const replay = new LobsterReplay({ symbol: "TEST", comparedLevelCount });
  for (const [messageLine, rowLine] of steps) {
    const message = parseLobsterMessage(messageLine);
    const row = parseLobsterRow(rowLine);
    assert.ok(typeof message !== "string", `${messageLine}: ${message}`);
    assert.ok(typeof row !== "string", `${rowLine}: ${row}`);
    replay.next(message, row);
  }
  return replay;
}

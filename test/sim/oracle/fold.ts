/** What the journal holds, and the state that it alone gives. */

import { JournalReader } from "../../../packages/gateway/src/journal/journal-reader.ts";
import { nodeRules } from "../../../packages/gateway/src/market-rules.ts";
import { recoverState } from "../../../packages/gateway/src/sequencer/recovery.ts";
import { stateHash } from "../../../packages/gateway/src/sequencer/state.ts";
import { DATA_DIR } from "../world/gateway-life.ts";

/** Decides the random ends of auctions: what the setting is by itself. */
const MARKET_SEED = 1;

/** Every event of every partition, as it stands there. */
export function eventsOfJournal(): ReadonlyMap<string, readonly string[]> {
  const reader = new JournalReader(DATA_DIR);
  try {
    return new Map(
      reader.partitionNames().map((name) => {
        return [name, [...reader.records(name, 0)].map(({ payload }) => payload)];
      }),
    );
  } finally {
    reader.close();
  }
}

/** The first event that is not as it was, or null; what has come behind them does not count. */
export function lostEvent(before: ReadonlyMap<string, readonly string[]>): string | null {
  const now = eventsOfJournal();
  for (const [partition, events] of before) {
    const index = events.findIndex((event, at) => now.get(partition)?.[at] !== event);
    if (index !== -1) return `${partition} ${index + 1}: ${events[index]}`;
  }
  return null;
}

/** Without a snapshot. */
export function foldOfJournal(isStrict: boolean): string {
  const layout = { deskCount: 1, ...nodeRules(isStrict ? "strict" : "reference", MARKET_SEED) };
  const { state } = recoverState({ dataDir: DATA_DIR, layout, acceptsSnapshot: () => false });
  return stateHash(state);
}

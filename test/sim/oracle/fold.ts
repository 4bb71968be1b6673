/** What the journal holds, and the state that it alone gives. */

import { JournalReader } from "../../../packages/gateway/src/journal/journal-reader.ts";
import { nodeRules } from "../../../packages/gateway/src/market-rules.ts";
import { restoreJournal } from "../../../packages/gateway/src/retention/restore-journal.ts";
import { recoverState } from "../../../packages/gateway/src/sequencer/recovery.ts";
import { stateHash } from "../../../packages/gateway/src/sequencer/state.ts";
import { SIM_ROOT } from "../world/disk.ts";
import { DATA_DIR } from "../world/gateway-life.ts";
import type { World } from "../world/world.ts";

/** Decides the random ends of auctions: what the setting is by itself. */
const MARKET_SEED = 1;

/** Where events go that are cut from the journal. */
export const SEGMENTS = `${SIM_ROOT}/segments`;

/** Every event of every partition, as it stands there. */
export function eventsOfJournal(): ReadonlyMap<string, readonly string[]> {
  const reader = new JournalReader(DATA_DIR);
  try {
    return new Map(
      reader.partitionNames().map((name) => {
        return [
          name,
          [...reader.records(name, reader.anchor(name)?.seq ?? 0)].map(({ payload }) => payload),
        ];
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

/** Without a snapshot, unless the journal was cut: then there is none from its beginning. */
export function foldOfJournal(isStrict: boolean, isCut = false): string {
  const layout = { deskCount: 1, ...nodeRules(isStrict ? "strict" : "reference", MARKET_SEED) };
  const { state } = recoverState({ dataDir: DATA_DIR, layout, acceptsSnapshot: () => isCut });
  return stateHash(state);
}

/** The state that follows from all that ever happened, archived or not. Nothing runs. */
export function foldOfAll(world: World, isStrict: boolean): string {
  const { disk } = world;
  const backup = disk.backup();
  world.hasWriters = true;
  restoreJournal(DATA_DIR, SEGMENTS);
  world.hasWriters = false;
  const folded = foldOfJournal(isStrict);
  disk.restore(backup);
  return folded;
}

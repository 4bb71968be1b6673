/** A start's own recovery, in this process: what it makes of a data directory. */
import { isDeepStrictEqual } from "node:util";
import { inspectJournal, keepDamagedTail } from "../../../packages/gateway/src/journal/inspect.ts";
import { JournalError } from "../../../packages/gateway/src/journal/journal.ts";
import { SqliteJournal } from "../../../packages/gateway/src/journal/sqlite-journal.ts";
import type { DamagedTail } from "../../../packages/gateway/src/journal/wal-inspection.ts";
import { nodeRules } from "../../../packages/gateway/src/market-rules.ts";
import { recoverState } from "../../../packages/gateway/src/sequencer/recovery.ts";
import { type NodeLayout, stateHash } from "../../../packages/gateway/src/sequencer/state.ts";
import type { StateReport } from "../gateway-process.ts";

/** How a gateway is laid out that is started with the defaults. */
export const LAYOUT: NodeLayout = { deskCount: 1, ...nodeRules("reference", 0) };

export type Recovery =
  | {
      readonly started: true;
      readonly state: StateReport;
      /** Bytes of the log that were left out, kept aside and told; null where there were none. */
      readonly damagedTail: DamagedTail | null;
      /** Snapshots that were not used, and why. */
      readonly passedOver: readonly string[];
    }
  /** Refused with a code and a sentence. */
  | { readonly started: false; readonly code: string; readonly message: string };

/** What is no refusal is thrown: a start would end with a bug's trace. */
export function recover(dataDir: string): Recovery {
  try {
    const inspection = inspectJournal(dataDir, { bySeals: true });
    keepDamagedTail(dataDir, inspection);
    SqliteJournal.open(dataDir).close();
    const passedOver: string[] = [];
    const state = stateIn(dataDir, (note) => passedOver.push(note));
    return { started: true, state, damagedTail: inspection.damagedTail, passedOver };
  } catch (error) {
    if (!(error instanceof JournalError)) throw error;
    return { started: false, code: error.code, message: error.message };
  }
}

/** As a gateway reports it on SIGUSR2. */
export function stateIn(
  dataDir: string,
  onPassedOver: (note: string) => void = () => undefined,
  upTo?: ReadonlyMap<string, number>,
): StateReport {
  const { state, positions } = recoverState({
    dataDir,
    layout: LAYOUT,
    onPassedOver,
    ...(upTo !== undefined && { upTo }),
  });
  return { hash: stateHash(state), positions: Object.fromEntries(positions) };
}

export function isSameState(one: StateReport, other: StateReport): boolean {
  return isDeepStrictEqual(one, other);
}

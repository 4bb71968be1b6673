/**
 * The snapshot that a start makes itself. A gateway that is killed soon after every start never
 * lives long enough for the one that is made beside its work, and each start would replay more
 * than the one before.
 */
import { SNAPSHOT_EVENT_COUNT, SNAPSHOT_OVERDUE_FACTOR } from "./limits.ts";
import type { Recovered } from "./recovery.ts";
import { type SnapshotPlace, writeAsNewest } from "./state-snapshot.ts";

export interface OverdueOptions extends SnapshotPlace {
  /** Events between two snapshots; {@link SNAPSHOT_EVENT_COUNT} by default. */
  readonly everyEventCount?: number | undefined;
  readonly onWritten: (path: string) => void;
  /** A snapshot only saves time: the start goes on without it. */
  readonly onFailed: (error: Error) => void;
}

/**
 * Writes one where it is overdue. How many events lie behind the newest snapshot then.
 * Precondition: the journal was verified, and nothing was decided since it was read.
 */
export function snapshotIfOverdue(recovered: Recovered, options: OverdueOptions): number {
  const { everyEventCount = SNAPSHOT_EVENT_COUNT, onWritten, onFailed } = options;
  const { state, replayedCount } = recovered;
  const openCount = [...state.desks.values()].reduce((sum, desk) => sum + desk.openCount, 0);
  const overdueCount = SNAPSHOT_OVERDUE_FACTOR * Math.max(everyEventCount, openCount);
  if (replayedCount < overdueCount) return replayedCount;
  try {
    onWritten(writeAsNewest(recovered, options));
    return 0;
  } catch (error) {
    onFailed(error as Error);
    return replayedCount;
  }
}

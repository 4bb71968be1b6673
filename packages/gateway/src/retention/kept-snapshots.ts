/**
 * Sees to it that two snapshots stand for what is about to be cut, and proves that a start from the
 * older one comes to the same state: nothing that is archived is needed to start again.
 */
import type { JournalInspection } from "../journal/inspect.ts";
import { JournalError } from "../journal/journal.ts";
import { JournalReader } from "../journal/journal-reader.ts";
import { onlyUsableSnapshots } from "../journal/snapshot-file.ts";
import { rulesOfJournal } from "../market-rules.ts";
import { positionsOf, recoverState, snapshotFits, snapshotFolder } from "../sequencer/recovery.ts";
import { isDeskName, type NodeLayout, type NodeState, stateHash } from "../sequencer/state.ts";
import { writeStateSnapshot } from "../sequencer/state-snapshot.ts";
import { syncFolder } from "../sys/disk.ts";

type Positions = ReadonlyMap<string, number>;

/** How the partitions of a journal are laid out, by what the journal says itself. */
export function layoutOfJournal(dataDir: string, inspection: JournalInspection): NodeLayout {
  const { instruments, deskRules } = rulesOfJournal(dataDir);
  const deskCount = [...inspection.partitions.keys()].filter(isDeskName).length;
  return { deskCount, instruments, deskRules };
}

export class KeptSnapshots {
  readonly #dataDir: string;
  readonly #layout: NodeLayout;
  /** The state at the journal's end. */
  readonly state: NodeState;
  readonly #end: Positions;
  readonly #endHash: string;

  /** Recovers the state, and has a snapshot of it. */
  constructor(dataDir: string, layout: NodeLayout) {
    this.#dataDir = dataDir;
    this.#layout = layout;
    const recovered = recoverState({ dataDir, layout });
    // Only then: where this fails, another version may need the snapshots that this one removes.
    const usable = this.#usable();
    const { state, positions } = recovered;
    this.state = state;
    this.#end = positions;
    this.#endHash = stateHash(state);
    if (!usable.some((each) => isSame(each, positions))) writeStateSnapshot(dataDir, recovered);
  }

  /**
   * Up to where the older one of two snapshots stands for the events. Where there is only the one
   * at the end, another is made at the positions wanted, or a few events behind them.
   */
  older(wanted: Positions): Positions {
    const [, older] = this.#usable();
    if (older !== undefined) return this.#proven(older);
    const upTo = new Map([...this.#end, ...wanted]);
    const [dataDir, layout] = [this.#dataDir, this.#layout];
    const recovered = recoverState({ dataDir, layout, upTo, endsCommand: true });
    writeStateSnapshot(dataDir, recovered);
    return this.#proven(recovered.positions);
  }

  #proven(positions: Positions): Positions {
    // Who made it may have been killed before its name was on stable storage.
    syncFolder(snapshotFolder(this.#dataDir));
    const acceptsSnapshot = (found: Positions) => isSame(found, positions);
    const again = recoverState({ dataDir: this.#dataDir, layout: this.#layout, acceptsSnapshot });
    const isProven =
      isSame(again.snapshotPositions, positions) && stateHash(again.state) === this.#endHash;
    if (isProven) return positions;
    const problem = "the older snapshot leads to another state than the newer one";
    throw new JournalError("JOURNAL_DAMAGED", snapshotFolder(this.#dataDir), problem);
  }

  /** Positions of the snapshots that fit the journal, newest first. */
  #usable(): Positions[] {
    const reader = new JournalReader(this.#dataDir);
    try {
      const layout = this.#layout;
      const headers = onlyUsableSnapshots(snapshotFolder(this.#dataDir), (header) => {
        return snapshotFits(reader, header, { layout });
      });
      return headers.map(positionsOf);
    } finally {
      reader.close();
    }
  }
}

function isSame(found: Positions, expected: Positions): boolean {
  return [...expected].every(([partition, seq]) => found.get(partition) === seq);
}

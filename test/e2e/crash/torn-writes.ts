/**
 * Cuts a journal wherever a crash can cut it. What was synced is there after the start, whatever
 * became of the bytes behind it; and where bytes are missing that were synced once, the start
 * refuses.
 */
import assert from "node:assert/strict";
import { openArchive } from "../../../packages/gateway/src/archive/archive-file.ts";
import { JournalReader } from "../../../packages/gateway/src/journal/journal-reader.ts";
import { deskNames } from "../../../packages/gateway/src/sequencer/state.ts";
import { type DataFiles, fileOf, readFiles, Scratch } from "./data-files.ts";
import { all, type Figure, none, type Proof, reported } from "./proof.ts";
import { Random } from "./random.ts";
import { lifeOf, type RecordedLife, type Synced, WAL_HEADER_BYTES } from "./recorded-life.ts";
import { isSameState, LAYOUT, type Recovery, recover } from "./recovered.ts";
import { SNAPSHOTS, withSnapshots } from "./replay.ts";

const OFFSETS_SHORT = 240;
const OFFSETS_LONG = 10_000;
const SECTOR_BYTES = 512;
/** One tear in so many is that of another file. */
const OTHER_FILES_ONE_IN = 8;

/** What a crash leaves of a write under way: its beginning, or any of its sectors. */
type Tear = "cut off" | "over leftovers" | "sectors in any order";
const TEARS: readonly Tear[] = ["cut off", "over leftovers", "sectors in any order"];

export const TORN_WRITES: Proof = {
  name: "torn",
  about: "writes torn at any byte: every synced commit is there, or the start refuses",
  run: async ({ isLong, seed, place, progress }) => {
    const random = new Random(seed);
    const life = await lifeOf(place, seed);
    const tearing = new Tearing(life, random);
    try {
      const count = isLong ? OFFSETS_LONG : OFFSETS_SHORT;
      for (let index = 1; index <= count; index += 1) {
        if (random.oneIn(OTHER_FILES_ONE_IN)) tearing.tearOther();
        else tearing.tearLog();
        progress(`${index} of ${count} tears`);
      }
      return tearing.figures();
    } finally {
      tearing.close();
    }
  },
};

class Tearing {
  readonly #life: RecordedLife;
  readonly #random: Random;
  readonly #scratch = new Scratch();
  /** With snapshots. */
  readonly #files: DataFiles;
  #torn = 0;
  #wholePrefixes = 0;
  #missing = 0;
  #refused = 0;
  #others = 0;
  #othersRight = 0;
  readonly #faults: string[] = [];

  constructor(life: RecordedLife, random: Random) {
    this.#life = life;
    this.#random = random;
    this.#files = withSnapshots(life, this.#scratch);
  }

  close(): void {
    this.#scratch.close();
  }

  figures(): Figure[] {
    const { moments } = this.#life;
    for (const fault of this.#faults.slice(0, 5)) process.stdout.write(`  ${fault}\n`);
    return [
      reported("commands in the log, bytes of it", `${moments.length - 1}, ${this.#logEnd}`),
      all(
        "torn writes: exactly a prefix with every synced commit",
        this.#wholePrefixes,
        this.#torn,
      ),
      all("synced bytes missing: refused with a sentence", this.#refused, this.#missing),
      all("other files torn: same state, or refused", this.#othersRight, this.#others),
      none("synced commits silently lost", this.#faults.length),
    ];
  }

  get #logEnd(): number {
    return this.#life.moments.at(-1)?.walEnd ?? 0;
  }

  /** At one offset, once as a crash leaves it and once with a head that has seen all. */
  tearLog(): void {
    const { moments, files } = this.#life;
    const offset = this.#random.below(this.#logEnd);
    const tear = this.#random.pick(TEARS);
    const next = moments.findIndex(({ walEnd }) => walEnd > offset);
    const [synced, torn] = [moments[next - 1], moments[next]];
    assert.ok(synced !== undefined && torn !== undefined, "the offset lies in a write");
    const wal = this.#tornLog(tear, offset, synced, torn);
    const shown = `log ${tear} at ${offset}`;
    const left = this.#recover(files, { "journal.db-wal": wal, head: synced.head });
    this.#torn += 1;
    if (left.started && isSameState(left.state, synced.state)) this.#wholePrefixes += 1;
    else this.#faults.push(`${shown}: ${JSON.stringify(left)}`);
    const damaged = this.#recover(files, { "journal.db-wal": wal });
    this.#missing += 1;
    if (isClearRefusal(damaged)) this.#refused += 1;
    else this.#faults.push(`${shown}, synced before: ${JSON.stringify(damaged)}`);
  }

  /** What was synced is whole; of what was being written, not everything has got there. */
  #tornLog(tear: Tear, offset: number, synced: Synced, torn: Synced): Buffer {
    const wal = fileOf(this.#life.files, "journal.db-wal");
    if (tear === "cut off") return wal.subarray(0, offset);
    const image = Buffer.from(this.#life.walBefore);
    if (tear === "over leftovers") wal.copy(image, 0, 0, offset);
    else this.#copySectors(image, wal, synced, torn);
    // What lies there already may be what was being written: then nothing of it is missing.
    const isWhole = image.subarray(0, torn.walEnd).equals(wal.subarray(0, torn.walEnd));
    return isWhole ? wal.subarray(0, offset) : image;
  }

  /** All that was synced, and of the write behind it any sectors but one. */
  #copySectors(image: Buffer, wal: Buffer, synced: Synced, torn: Synced): void {
    // The head of a log that starts over is flushed before any of its frames is written.
    wal.copy(image, 0, 0, Math.max(synced.walEnd, WAL_HEADER_BYTES));
    const sectors = Math.ceil((torn.walEnd - synced.walEnd) / SECTOR_BYTES);
    const lost = this.#random.below(sectors);
    for (let sector = 0; sector < sectors; sector += 1) {
      if (sector === lost || this.#random.oneIn(2)) continue;
      const from = synced.walEnd + sector * SECTOR_BYTES;
      wal.copy(image, from, from, Math.min(from + SECTOR_BYTES, torn.walEnd));
    }
  }

  /** Cut anywhere, or begun anew and not finished. */
  tearOther(): void {
    const { moments } = this.#life;
    const files = this.#files;
    const name = this.#random.pick([
      "head",
      "head.tmp",
      "head.next.tmp",
      "journal.db",
      "archive.db",
      "archive.db-wal",
      ...[...files.keys()].filter((each) => each.startsWith(SNAPSHOTS)),
    ]);
    const whole = files.get(name) ?? fileOf(files, "head");
    const offset = this.#random.below(whole.length);
    const found = this.#recover(files, { [name]: whole.subarray(0, offset) });
    const last = moments.at(-1);
    this.#others += 1;
    const isSame = found.started && last !== undefined && isSameState(found.state, last.state);
    const isOpened = !name.startsWith("archive.") || archiveOpens(this.#scratch.data);
    if ((isSame && isOpened) || isClearRefusal(found)) this.#othersRight += 1;
    else this.#faults.push(`${name} cut at ${offset}: ${JSON.stringify(found)}`);
  }

  /** A start that is refused leaves every byte of the journal. */
  #recover(files: DataFiles, changed: Readonly<Record<string, Buffer>>): Recovery {
    const laid = new Map([...files, ...Object.entries(changed)]);
    const folder = this.#scratch.lay(laid);
    const found = recover(folder);
    if (!found.started) {
      const left = readFiles(folder);
      for (const name of ["journal.db", "journal.db-wal", "head"]) {
        const [before, after] = [laid.get(name), left.get(name)];
        if (before?.equals(after ?? Buffer.alloc(0)) === false) {
          this.#faults.push(`${name} was changed by a start that was refused`);
        }
      }
    }
    return found;
  }
}

/** As a start opens it: what is torn is put away, and built again from the journal. */
function archiveOpens(dataDir: string): boolean {
  const reader = new JournalReader(dataDir);
  try {
    const names = deskNames(LAYOUT.deskCount);
    const { database } = openArchive(dataDir, reader, names);
    const isFit = names.every((name) => (database.positions().get(name)?.seq ?? 0) >= 0);
    database.close();
    return isFit;
  } catch {
    return false;
  } finally {
    reader.close();
  }
}

/** Nobody finds out from a stack trace what was lost. */
export function isClearRefusal(found: Recovery): boolean {
  return !found.started && /^JOURNAL_/.test(found.code) && found.message.includes("; ");
}

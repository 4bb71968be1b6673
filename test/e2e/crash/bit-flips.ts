/**
 * Flips single bits of a data directory. What changes the history at or before the head is found at
 * the start; what does not is harmless, which the state hash proves. Behind the head a damaged tail
 * may be left out, and is told.
 */
import type { StateReport, Workplace } from "../gateway-process.ts";
import { type DataFiles, fileOf, Scratch } from "./data-files.ts";
import { all, type Figure, none, type Proof, reported } from "./proof.ts";
import { Random } from "./random.ts";
import { lifeOf, type RecordedLife, type Synced } from "./recorded-life.ts";
import { isSameState, type Recovery, recover } from "./recovered.ts";
import { SNAPSHOTS, withSnapshots } from "./replay.ts";
import { isClearRefusal } from "./torn-writes.ts";

const FLIPS_SHORT = 320;
const FLIPS_LONG = 10_000;
/** Flips that a real process is started on. */
const PROCESSES_SHORT = 2;
const PROCESSES_LONG = 20;

const TARGETS = ["journal.db", "journal.db-wal", "head", SNAPSHOTS] as const;
type Target = (typeof TARGETS)[number];

interface Flip {
  readonly target: Target;
  readonly file: string;
  readonly bit: number;
  /** What the head names. */
  readonly head: Synced;
  readonly files: DataFiles;
}

interface Counts {
  detected: number;
  harmless: number;
  toldTail: number;
  missed: number;
}

export const BIT_FLIPS: Proof = {
  name: "flips",
  about: "single bits flipped: a changed history is found at the start",
  run: async ({ isLong, seed, place, progress }) => {
    const flipping = new Flipping(await lifeOf(place, seed), new Random(seed));
    try {
      const count = isLong ? FLIPS_LONG : FLIPS_SHORT;
      for (let index = 1; index <= count; index += 1) {
        flipping.flip();
        progress(`${index} of ${count} flips`);
      }
      const processes = isLong ? PROCESSES_LONG : PROCESSES_SHORT;
      for (let index = 0; index < processes; index += 1) await flipping.flipUnderProcess(place);
      return flipping.figures();
    } finally {
      flipping.close();
    }
  },
};

class Flipping {
  readonly #life: RecordedLife;
  readonly #random: Random;
  readonly #scratch = new Scratch();
  /** The recorded files and two snapshots of them. */
  readonly #files: DataFiles;
  readonly #counts = new Map<Target, Counts>(
    TARGETS.map((target) => [target, { detected: 0, harmless: 0, toldTail: 0, missed: 0 }]),
  );
  readonly #faults: string[] = [];
  #processes = 0;
  #processesAgreed = 0;

  constructor(life: RecordedLife, random: Random) {
    this.#life = life;
    this.#random = random;
    this.#files = withSnapshots(life, this.#scratch);
  }

  close(): void {
    this.#scratch.close();
  }

  flip(): void {
    const flip = this.#next();
    this.#count(flip, recover(this.#scratch.lay(flip.files)));
  }

  /** A gateway says the same of it as its recovery in this process. */
  async flipUnderProcess(place: Workplace): Promise<void> {
    const flip = this.#next();
    const found = recover(this.#scratch.lay(flip.files));
    this.#count(flip, found);
    const gateway = place.launch(this.#scratch.lay(flip.files));
    const isReady = await gateway.ready().then(
      () => true,
      () => false,
    );
    this.#processes += 1;
    if (isReady) {
      const agrees = found.started && isSameState(await gateway.state(), found.state);
      if (agrees) this.#processesAgreed += 1;
      await gateway.crash();
    } else if (!found.started && gateway.exit?.code === 1 && gateway.stderr.includes(found.code)) {
      this.#processesAgreed += 1;
    }
  }

  figures(): Figure[] {
    for (const fault of this.#faults.slice(0, 5)) process.stdout.write(`  ${fault}\n`);
    const rows = [...this.#counts].map(([target, { detected, harmless, toldTail, missed }]) => {
      const figure = `${detected}, ${harmless}, ${toldTail}, ${missed}`;
      return reported(`${target}: detected, harmless, behind the head and told, missed`, figure);
    });
    const missed = [...this.#counts.values()].reduce((sum, counts) => sum + counts.missed, 0);
    return [
      ...rows,
      none("changes of history that a start missed", missed),
      all("a real process says the same", this.#processesAgreed, this.#processes),
    ];
  }

  /** Every other head is one that has not followed the journal to its end yet. */
  #next(): Flip {
    const { moments } = this.#life;
    const target = this.#random.pick(TARGETS);
    const head = this.#random.pick([moments.at(-1) ?? moments[0], this.#random.pick(moments)]);
    const files = new Map(this.#files);
    files.set("head", head.head);
    const names = [...files.keys()].filter((name) => name.startsWith(target));
    const file = target === SNAPSHOTS ? this.#random.pick(names) : target;
    const bytes = Buffer.from(fileOf(files, file));
    const bit = this.#random.below(bytes.length * 8);
    bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    files.set(file, bytes);
    return { target, file, bit, head, files };
  }

  #count(flip: Flip, found: Recovery): void {
    const counts = this.#counts.get(flip.target);
    if (counts === undefined) throw new Error("every target is counted");
    const last = this.#life.moments.at(-1);
    if (isClearRefusal(found)) counts.detected += 1;
    else if (!found.started) this.#missed(flip, counts, found);
    else if (last !== undefined && isSameState(found.state, last.state)) {
      // A snapshot that was not used was found out; anything else made no difference.
      if (found.passedOver.length > 0) counts.detected += 1;
      else counts.harmless += 1;
    } else if (found.damagedTail !== null && this.#isPrefix(found.state, flip.head)) {
      counts.toldTail += 1;
    } else {
      this.#missed(flip, counts, found);
    }
  }

  #missed({ file, bit, head }: Flip, counts: Counts, found: Recovery): void {
    counts.missed += 1;
    const positions = JSON.stringify(head.state.positions);
    this.#faults.push(`${file} bit ${bit}, head ${positions}: ${JSON.stringify(found)}`);
  }

  /** A moment that was recorded, no earlier than the head. */
  #isPrefix(state: StateReport, head: Synced): boolean {
    const { moments } = this.#life;
    // The last of those that are alike: a command may change nothing.
    const index = moments.findLastIndex((moment) => isSameState(moment.state, state));
    return index >= moments.indexOf(head);
  }
}

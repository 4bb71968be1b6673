/**
 * The state after a replay is the state that was: at every moment of a recorded life, from the
 * beginning and from snapshots, in this process and in a gateway.
 */
import { JournalReader } from "../../../packages/gateway/src/journal/journal-reader.ts";
import { writeSnapshot } from "../../../packages/gateway/src/journal/snapshot-file.ts";
import { recoverState, snapshotFolder } from "../../../packages/gateway/src/sequencer/recovery.ts";
import { stateLines } from "../../../packages/gateway/src/sequencer/state.ts";
import { type DataFiles, readFiles, Scratch } from "./data-files.ts";
import { all, type Figure, type Proof } from "./proof.ts";
import { Random } from "./random.ts";
import { lifeOf, type RecordedLife, type Synced } from "./recorded-life.ts";
import { isSameState, LAYOUT, stateIn } from "./recovered.ts";

/** Their folder. */
export const SNAPSHOTS = "snapshots";

const SNAPSHOTS_SHORT = 15;
const SNAPSHOTS_LONG = 1_000;

export const REPLAY: Proof = {
  name: "replay",
  about: "a replay gives the state that was, with and without a snapshot",
  run: async ({ isLong, seed, place }) => {
    const { files, moments } = await lifeOf(place, seed);
    const random = new Random(seed);
    const scratch = new Scratch();
    try {
      const folder = scratch.lay(files);
      const same = moments.filter((moment) => isSameState(stateAt(folder, moment), moment.state));
      const figures: Figure[] = [
        all("moments of a life that a replay gives again", same.length, moments.length),
      ];
      let right = 0;
      const count = isLong ? SNAPSHOTS_LONG : SNAPSHOTS_SHORT;
      for (let index = 0; index < count; index += 1) {
        const from = random.below(moments.length);
        const to = from + random.below(moments.length - from);
        const [early, late] = [moments[from], moments[to]];
        if (early === undefined || late === undefined) throw new Error("no such moment");
        const laid = scratch.lay(files);
        snapshotAt(laid, early);
        if (isSameState(stateAt(laid, late), late.state)) right += 1;
      }
      figures.push(all("with a snapshot on the way", right, count));
      const gateway = await place.gateway(scratch.lay(files));
      const state = await gateway.state();
      await gateway.crash();
      const isLast = isSameState(state, moments.at(-1)?.state ?? state);
      figures.push(all("in a gateway", isLast ? 1 : 0, 1));
      return figures;
    } finally {
      scratch.close();
    }
  },
};

function stateAt(folder: string, { state }: Synced) {
  return stateIn(folder, () => undefined, new Map(Object.entries(state.positions)));
}

/** The files of a life, and what the gateway leaves in the course of time: two snapshots. */
export function withSnapshots({ files, moments }: RecordedLife, scratch: Scratch): DataFiles {
  const folder = scratch.lay(files);
  for (const part of [0.3, 0.7]) {
    snapshotAt(folder, moments[Math.floor(moments.length * part)] ?? moments[0]);
  }
  const made = [...readFiles(folder)].filter(([name]) => name.startsWith(SNAPSHOTS));
  return new Map([...files, ...made]);
}

/** As the gateway writes one in the course of time. */
function snapshotAt(folder: string, moment: Synced): void {
  const upTo = new Map(Object.entries(moment.state.positions));
  const { state, positions } = recoverState({ dataDir: folder, layout: LAYOUT, upTo });
  const reader = new JournalReader(folder);
  const named = [...positions].map(([partition, seq]) => {
    return { partition, seq, hash: reader.hashAt(partition, seq) ?? "" };
  });
  reader.close();
  writeSnapshot(snapshotFolder(folder), { positions: named }, stateLines(state));
}

/**
 * The journal is cut while nothing runs: what is old goes into segments, perhaps with a crash in
 * the middle, and what is left is enough to go on from.
 */
import { decodeTimedTrade, EXEC_ID_BASE } from "../../../packages/core/src/exchange/index.ts";
import { JournalReader } from "../../../packages/gateway/src/journal/journal-reader.ts";
import { verifyJournal } from "../../../packages/gateway/src/journal/verify.ts";
import { archiveJournal } from "../../../packages/gateway/src/retention/archive-journal.ts";
import { SEGMENTS } from "../oracle/fold.ts";
import { promised } from "../oracle/violation.ts";
import { DATA_DIR, endOfProcess } from "../world/gateway-life.ts";
import type { Rest } from "./rest.ts";
import type { Stage } from "./stage.ts";

const DESK = "desk-22";
const EXCHANGE = "exchange";

export class Retention {
  readonly #stage: Stage;
  readonly #rest: Rest;

  constructor(stage: Stage, rest: Rest) {
    this.#stage = stage;
    this.#rest = rest;
  }

  /** Precondition: everything has come to rest. */
  async cut(): Promise<void> {
    const { auditor, random, world } = this.#stage;
    // What is remembered stays; it is forgotten in time, once something else happens.
    const sinceMs = world.nowMs;
    auditor.timeIsSet();
    world.scheduler.wallOffsetMs += FORGOTTEN_MS;
    this.#stage.goOn();
    await this.#stage.runFor(random.between(20, 80));
    await this.#rest.settle();
    await this.#stage.node?.stop();
    this.#stage.fault("cut");
    endOfProcess(world, random.pick(["killed", "powerCut"]));
    const { times } = auditor.history;
    const beforeMs = random.chance(0.6) ? Number.MAX_SAFE_INTEGER : random.pick([...times, 0]);
    const crashCount = random.pick([0, 0, 1, 2]);
    for (let count = 0; count < crashCount; count += 1) await this.#archive(beforeMs, true);
    await this.#archive(beforeMs, false);
    await this.#stage.startGateway();
    await this.#repeat(sinceMs);
  }

  /** What was answered lately is answered so again. */
  async #repeat(sinceMs: number): Promise<void> {
    const { auditor, callers } = this.#stage;
    const lately = [...auditor.history.requests].filter((request) => {
      return request.sentAtMs > sinceMs && request.channel === "http" && request.answers.length > 0;
    });
    let left = lately.length;
    for (const request of lately) {
      void callers[0]?.repeat(request).then(() => {
        left -= 1;
      });
    }
    await this.#stage.waitFor("what was sent again is answered", () => left === 0);
  }

  /** Perhaps a crash ends it, at one of its changes of the disk. */
  async #archive(beforeMs: number, crashes: boolean): Promise<void> {
    const { random, world } = this.#stage;
    const { disk } = world;
    disk.onCrash = () => this.#stage.fault("diedWhileCutting");
    if (crashes) disk.crashAt = disk.operationCount + random.between(1, 60);
    let problem = "";
    try {
      archiveJournal({ dataDir: DATA_DIR, folder: SEGMENTS, beforeMs });
    } catch (error) {
      problem = (error as Error).message;
      const isRight = disk.isFrozen || problem.includes("its log ends with a damaged tail");
      promised(isRight, `it cannot be archived: ${(error as Error).stack}`);
    }
    const isTorn = problem !== "" && !disk.isFrozen;
    endOfProcess(world, random.pick(["killed", "powerCut"]));
    this.#look();
    if (isTorn) await this.#startOnce(beforeMs);
  }

  /** What a crash tore is put aside by a start; then it can be archived. */
  async #startOnce(beforeMs: number): Promise<void> {
    await this.#stage.startGateway();
    await this.#stage.node?.stop();
    endOfProcess(this.#stage.world, "killed");
    await this.#archive(beforeMs, false);
  }

  /** What is gone from the journal stands in the segments. */
  #look(): void {
    const reader = new JournalReader(DATA_DIR);
    try {
      const seq = reader.anchor(DESK)?.seq ?? 0;
      const left = [...reader.records(EXCHANGE, reader.anchor(EXCHANGE)?.seq ?? 0)];
      const trades = left.map(({ payload }) => decodeTimedTrade(payload)?.event);
      const first = trades.find((trade) => trade?.type === "Traded");
      this.#stage.world.tell(`the journal is cut at ${DESK} ${seq}`);
      this.#stage.auditor.history.cut(
        seq,
        first === undefined ? null : EXEC_ID_BASE + first.tradeNo,
      );
    } finally {
      reader.close();
    }
    const hasSegments = this.#stage.auditor.history.cutSeq > 0;
    const { problem } = verifyJournal(DATA_DIR, hasSegments ? { segments: SEGMENTS } : {});
    promised(problem === null, `journal and segments are not one: ${JSON.stringify(problem)}`);
  }
}

/** Milliseconds after which no answer is remembered. */
const FORGOTTEN_MS = 3_600_000;

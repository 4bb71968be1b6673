/**
 * A disk that fails under the gateway: EIO from one flush or one write, at each of many places. The
 * process stops at once, tells nothing that is not on the disk, and a start recovers all it told.
 */
import { readFileSync } from "node:fs";
import { JournalReader } from "../../../packages/gateway/src/journal/journal-reader.ts";
import { envelope, KEY_1, NoAnswer, SignedClient } from "../signed-client.ts";
import { restingOrder } from "../wire-orders.ts";
import {
  all,
  atMost,
  type Figure,
  none,
  type Proof,
  type ProofOptions,
  reported,
} from "./proof.ts";
import { Random } from "./random.ts";
import { recover } from "./recovered.ts";
import { launchTraced, linesOf, readyUrl, SyncOrder, type Traced } from "./system-calls.ts";

const FLUSHES = 200;
const FLUSHES_SHORT = 14;
const WRITES_SHORT = 6;
const EXIT_SECONDS_MAX = 1;
const EXIT_FATAL = 70;
const EXIT_REFUSED = 1;
const CLIENTS = 4;
/** Orders after which every place that may fail has been passed, some times over. */
const ORDERS_MAX = 3_000;

export const FAILING_DISK: Proof = {
  name: "failing-disk",
  about: "EIO at one flush or write: stops at once, tells nothing more, recovers by replay",
  run: async (options) => {
    const failing = new Failing(options);
    const { isLong, seed } = options;
    const random = new Random(seed);
    const [flushes, writes] = isLong ? [FLUSHES, FLUSHES] : [FLUSHES_SHORT, WRITES_SHORT];
    for (const at of spread(flushes, random)) await failing.fail("fsync", at);
    // The first ones make the files of a first start.
    for (const at of spread(writes, random)) await failing.fail("pwrite64", at);
    return failing.figures();
  },
};

/** So many numbers from 1 to {@link FLUSHES}, one out of each part. */
function spread(count: number, random: Random): number[] {
  const part = FLUSHES / count;
  return Array.from({ length: count }, (_, index) => {
    return 1 + Math.floor(index * part) + random.below(Math.max(1, Math.floor(part)));
  });
}

class Failing {
  readonly #options: ProofOptions;
  #cases = 0;
  #stopped = 0;
  #recovered = 0;
  #answered = 0;
  #lost = 0;
  #early = 0;
  #slowestSeconds = 0;
  /** Failures that SQLite kept to itself, and may. */
  #keptCount = 0;
  readonly #faults: string[] = [];

  constructor(options: ProofOptions) {
    this.#options = options;
  }

  figures(): Figure[] {
    for (const fault of this.#faults.slice(0, 5)) process.stdout.write(`  ${fault}\n`);
    return [
      all(
        "failures after which the process stopped, code 70 (1 at a start)",
        this.#stopped,
        this.#cases - this.#keptCount,
      ),
      this.#untilTheExit(),
      none("facts told that no flush had covered", this.#early),
      all("clean replays afterwards", this.#recovered, this.#cases),
      none(`orders lost of ${this.#answered} that were answered`, this.#lost),
      reported("of the log's folder, flushed before: SQLite tells nobody", String(this.#keptCount)),
    ];
  }

  /** The short form runs beside other work, which an exit waits for, too. */
  #untilTheExit(): Figure {
    const seconds = this.#slowestSeconds;
    const figure = atMost("from the failure to the exit, slowest", seconds, EXIT_SECONDS_MAX, "s");
    return this.#options.isLong ? figure : { ...figure, holds: null };
  }

  async fail(call: string, at: number): Promise<void> {
    const name = `${call}-${at}`;
    this.#options.progress(name);
    const inject = `inject=${call}:error=EIO:when=${at}`;
    const traced = launchTraced(this.#options.place, name, () => ["-e", inject]);
    const orderNos = await placeUntilTheEnd(traced);
    const wentOn = orderNos.length >= ORDERS_MAX;
    if (wentOn) await killTraced(traced);
    const { code } = await traced.process.exited;
    const { seconds, order, isOfLogsFolder } = await afterwards(traced);
    this.#cases += 1;
    this.#answered += orderNos.length;
    this.#early += order.faults.length;
    if (!wentOn) this.#slowestSeconds = Math.max(this.#slowestSeconds, seconds);
    if (wentOn && isOfLogsFolder) {
      this.#keptCount += 1;
    } else if (code === EXIT_FATAL || (code === EXIT_REFUSED && orderNos.length === 0))
      this.#stopped += 1;
    else this.#faults.push(`${name}: exit code ${code}: ${traced.process.stderr}`);
    const lost = this.#lostOf(traced.dataDir, orderNos);
    if (lost === null) this.#faults.push(`${name}: no clean replay`);
    else this.#recovered += 1;
    this.#lost += lost ?? orderNos.length;
  }

  /** Null: the start is refused. */
  #lostOf(dataDir: string, orderNos: readonly string[]): number | null {
    const found = recover(dataDir);
    if (!found.started) {
      this.#faults.push(found.message);
      return null;
    }
    const reader = new JournalReader(dataDir);
    const kept = new Set<string>();
    for (const { payload } of reader.records("desk-22", 0)) {
      const [kind, , orderId] = JSON.parse(payload) as [string, unknown, string];
      if (kind === "R") kept.add(orderId);
    }
    reader.close();
    return orderNos.filter((orderNo) => !kept.has(orderNo)).length;
  }
}

/** The numbers of the orders that were answered. */
async function placeUntilTheEnd({ process }: Traced): Promise<string[]> {
  const orderNos: string[] = [];
  const url = await Promise.race([readyUrl(process), process.exited.then(() => null)]).catch(
    () => null,
  );
  if (url === null) return orderNos;
  const client = new SignedClient(url, KEY_1, CLIENTS);
  const worker = async (): Promise<void> => {
    while (orderNos.length < ORDERS_MAX) {
      const answer = await client.call("POST", "/trade/v1/orders", restingOrder());
      const { code, data } = envelope(answer);
      if (code !== 0) throw new Error(answer.text);
      orderNos.push((data as { order_no: string }).order_no);
    }
  };
  const ends = await Promise.all(
    Array.from({ length: CLIENTS }, () => worker().catch((error: unknown) => error)),
  );
  client.close();
  const wrong = ends.find((error) => error !== undefined && !(error instanceof NoAnswer));
  if (wrong !== undefined) throw wrong;
  return orderNos;
}

/** Its first thread, which the first line of the trace names, is the process. */
async function killTraced({ trace }: Traced): Promise<void> {
  for await (const line of linesOf(trace)) {
    process.kill(Number(/^\d+/.exec(line)?.[0]), "SIGKILL");
    return;
  }
}

interface Afterwards {
  /** From the failed call to the end of the process. */
  readonly seconds: number;
  /** What was told until then. */
  readonly order: SyncOrder;
  /**
   * Whether what failed was SQLite's own flush of the folder, when it first flushes a log: of that
   * it tells nobody. The folder has been flushed with the head since the log was made.
   */
  readonly isOfLogsFolder: boolean;
}

async function afterwards({ trace, dataDir }: Traced): Promise<Afterwards> {
  const order = new SyncOrder();
  const flushOfFolder = new RegExp(`^\\d+ +[\\d.]+ fsync\\(\\d+<${dataDir}>\\)`);
  let failedAt = Number.NaN;
  let endedAt = Number.NaN;
  let isFlushed = false;
  let isOfLogsFolder = false;
  let before = "";
  for await (const line of linesOf(trace)) {
    order.line(line);
    const at = Number(/^\d+ +([\d.]+)/.exec(line)?.[1]);
    const isOfFolder = flushOfFolder.test(line);
    if (Number.isNaN(failedAt) && line.includes("EIO") && line.includes("INJECTED")) {
      failedAt = at;
      const [, thread = ""] = /^(\d+)/.exec(line) ?? [];
      isOfLogsFolder = isOfFolder && isFlushed && isFlushOfLog(before, thread);
    }
    if (isOfFolder && line.endsWith("= 0")) isFlushed = true;
    if (/ f(?:data)?sync/.test(line)) before = line;
    if (line.includes("+++ exited with")) endedAt = at;
  }
  if (Number.isNaN(failedAt))
    throw new Error(`no call failed: ${readFileSync(trace, "latin1").slice(-500)}`);
  return { seconds: endedAt - failedAt, order, isOfLogsFolder };
}

function isFlushOfLog(line: string, thread: string): boolean {
  return line.startsWith(`${thread} `) && /fsync\(\d+<[^>]*journal\.db-wal>\)/.test(line);
}

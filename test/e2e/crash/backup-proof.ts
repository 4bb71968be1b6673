/**
 * Backups taken beside a gateway that works: each is a moment of the journal, verifies, replays to
 * the state that the gateway had then, and a gateway starts on it.
 */
import { join } from "node:path";
import { verifyJournal } from "../../../packages/gateway/src/journal/verify.ts";
import { type GatewayProcess, ROOT, type Workplace } from "../gateway-process.ts";
import { envelope, KEY_1, SignedClient } from "../signed-client.ts";
import { restingOrder } from "../wire-orders.ts";
import { all, type Figure, median, type Proof, reported } from "./proof.ts";
import { isSameState, stateIn } from "./recovered.ts";

const BACKUPS_SHORT = 3;
const BACKUPS_LONG = 20;
const CLIENTS = 8;
/** Cancels measured before the first backup. */
const ALONE_COUNT = 300;

export const BACKUP: Proof = {
  name: "backup",
  about: "backups taken under load verify, replay to the same state, and start",
  run: async ({ isLong, place }) => {
    const gateway = await place.gateway(place.path("data"));
    const load = new Cancelling(gateway.url);
    await load.reached(ALONE_COUNT);
    const alone = load.take();
    const folders: string[] = [];
    for (let index = 0; index < (isLong ? BACKUPS_LONG : BACKUPS_SHORT); index += 1) {
      const folder = place.path(`backup-${index}`);
      await backUp(place, folder);
      folders.push(folder);
    }
    const beside = load.take();
    await load.stop();
    const figures = await examined(place, gateway, folders);
    return [...figures, latency("without a backup", alone), latency("beside backups", beside)];
  },
};

async function backUp(place: Workplace, folder: string): Promise<void> {
  const command = join(ROOT, "packages", "cli", "src", "main.ts");
  const args = [command, "backup", folder, "--data-dir", place.path("data")];
  const run = place.run(process.execPath, args);
  const { code } = await run.exited;
  if (code !== 0) throw new Error(`the backup ended with ${code}: ${run.stderr}`);
}

async function examined(
  place: Workplace,
  gateway: GatewayProcess,
  folders: readonly string[],
): Promise<Figure[]> {
  await gateway.crash();
  let [whole, same, events] = [0, 0, 0];
  for (const folder of folders) {
    const { problem, damagedTail, eventCount } = verifyJournal(folder);
    if (problem === null && damagedTail === null) whole += 1;
    const state = stateIn(folder);
    const upTo = new Map(Object.entries(state.positions));
    if (isSameState(stateIn(place.path("data"), undefined, upTo), state)) same += 1;
    events = eventCount;
  }
  const last = folders.at(-1);
  if (last === undefined) throw new Error("there is a backup");
  const expected = stateIn(last);
  const restored = await place.gateway(last);
  const starts = isSameState(await restored.state(), expected);
  const client = new SignedClient(restored.url, KEY_1, 1);
  await client.place(restingOrder());
  client.close();
  await restored.crash();
  return [
    all("backups taken under load that verify", whole, folders.length),
    all("that replay to the state of that moment", same, folders.length),
    all("gateways that start on one and go on", starts ? 1 : 0, 1),
    reported("events in the last one", String(events)),
  ];
}

function latency(when: string, tookMs: readonly number[]): Figure {
  const sorted = tookMs.toSorted((a, b) => a - b);
  const p99 = sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN;
  const figure = `${median(tookMs).toFixed(1)}, ${p99.toFixed(1)} ms`;
  return reported(`${tookMs.length} cancels ${when}: p50, p99`, figure);
}

/** Clients that place and cancel until they are stopped. */
class Cancelling {
  readonly #client: SignedClient;
  readonly #workers: readonly Promise<void>[];
  #tookMs: number[] = [];
  #isRunning = true;
  #onCancel = (): void => undefined;

  constructor(url: string) {
    this.#client = new SignedClient(url, KEY_1, CLIENTS);
    this.#workers = Array.from({ length: CLIENTS }, () => this.#work());
  }

  reached(count: number): Promise<void> {
    return new Promise((resolve) => {
      this.#onCancel = () => {
        if (this.#tookMs.length >= count) resolve();
      };
    });
  }

  take(): number[] {
    const taken = this.#tookMs;
    this.#tookMs = [];
    return taken;
  }

  async stop(): Promise<void> {
    this.#isRunning = false;
    await Promise.all(this.#workers);
    this.#client.close();
  }

  async #work(): Promise<void> {
    while (this.#isRunning) {
      const orderNo = await this.#client.place(restingOrder());
      const sentMs = performance.now();
      const answer = await this.#client.call("DELETE", "/trade/v1/orders", { order_no: orderNo });
      this.#tookMs.push(performance.now() - sentMs);
      if (envelope(answer).code !== 0) throw new Error(answer.text);
      this.#onCancel();
    }
  }
}

/**
 * A disk that fills up under the gateway: new orders are refused and may be repeated, cancels and
 * the safety nets go on from the reserve, also after a crash; with room again all goes on by
 * itself. Where the reserve is used up too, the process says so and stops, and nothing was lost.
 */
import { join } from "node:path";
import { verifyJournal } from "../../../packages/gateway/src/journal/verify.ts";
import { PATIENCE_MS } from "../changes.ts";
import type { GatewayProcess, Workplace } from "../gateway-process.ts";
import { type Answer, envelope, KEY_1, KEY_2, NoAnswer, SignedClient } from "../signed-client.ts";
import { StreamClient } from "../stream-client.ts";
import { restingOrder } from "../wire-orders.ts";
import { all, type Figure, type Proof, type ProofOptions, reported } from "./proof.ts";
import { isSameState } from "./recovered.ts";
import { SmallDisk } from "./small-disk.ts";
import { SmallQuota } from "./small-quota.ts";
import type { Volume } from "./volume.ts";

const DISK_MB = 16;
const ORDERS_SHORT = 150;
const ORDERS_LONG = 1_500;
const SETTINGS = { COUNTERMAND_DISK_RESERVE_MB: "2" };
const ORDERS = "/trade/v1/orders";
const ORDER = restingOrder();
const DEAD_MAN = "/trade/v1/dead-man";
const DISK_FULL = 11_030_075;
const EXIT_FATAL = 70;

export const DISK_FULL_PROOF: Proof = {
  name: "disk-full",
  about: `a disk of ${DISK_MB} MB fills up: cancels go on from the reserve, nothing is lost`,
  run: (options) => fill(options, SmallDisk.mount(options.place, DISK_MB)),
};

export const QUOTA_PROOF: Proof = {
  name: "quota",
  about: "a quota is used up, of which the disk says nothing: the same as a full disk",
  run: (options) => fill(options, new SmallQuota(options.place)),
};

async function fill({ isLong, place }: ProofOptions, volume: Volume): Promise<Figure[]> {
  const filling = new Filling(place, volume);
  try {
    await filling.run(isLong ? ORDERS_LONG : ORDERS_SHORT);
    return filling.figures;
  } finally {
    await filling.close();
  }
}

class Filling {
  readonly figures: Figure[] = [];
  readonly #place: Workplace;
  readonly #disk: Volume;
  readonly #dataDir: string;
  #gateway: GatewayProcess | null = null;
  #client: SignedClient | null = null;

  constructor(place: Workplace, disk: Volume) {
    this.#place = place;
    this.#disk = disk;
    this.#dataDir = join(disk.folder, "data");
  }

  async run(orderCount: number): Promise<void> {
    await this.#start();
    const open = await this.#placeMany(orderCount);
    const stream = await StreamClient.open(this.#url, KEY_1);
    this.#disk.fill();
    await this.#refusal();
    await this.#cancelSome(open, orderCount / 3);
    await this.#saysSo();
    await this.#crash();
    await this.#stop();
    await this.#cancelSome(open, orderCount / 3);
    stream.close();
    await this.#room(open, orderCount);
    await this.#useUp(open);
  }

  async close(): Promise<void> {
    this.#client?.close();
    if (this.#gateway !== null) await this.#gateway.crash();
    this.#disk.unmount();
  }

  get #url(): string {
    return this.#running.url;
  }

  get #running(): GatewayProcess {
    if (this.#gateway === null) throw new Error("no gateway runs");
    return this.#gateway;
  }

  async #start(): Promise<void> {
    const settings = { ...SETTINGS, ...this.#disk.settings };
    this.#gateway = await this.#place.gateway(this.#dataDir, settings);
    this.#client?.close();
    this.#client = new SignedClient(this.#gateway.url, KEY_1, 8);
  }

  #call(method: string, target: string, body: object | "" = ""): Promise<Answer> {
    if (this.#client === null) throw new Error("no gateway runs");
    return this.#client.call(method, target, body);
  }

  #holds(what: string, is: boolean, figure = is ? "yes" : "no"): void {
    this.figures.push({ what, figure, target: "yes", holds: is });
  }

  async #placeMany(count: number): Promise<string[]> {
    const orderNos: string[] = [];
    while (orderNos.length < count) {
      const answer = await this.#call("POST", `${ORDERS}/batch`, Array(5).fill(ORDER));
      const { data } = envelope(answer);
      orderNos.push(...(data as { order_no: string }[]).map(({ order_no }) => order_no));
    }
    return orderNos;
  }

  /** What is written already has its room: the first orders may still find some. */
  async #refusal(): Promise<void> {
    const answer = await this.#until("a refusal", async () => {
      const placed = await this.#call("POST", ORDERS, ORDER);
      return envelope(placed).code === 0 ? null : placed;
    });
    const { code, retryable, reason } = envelope(answer);
    const isRight = answer.status === 503 && code === DISK_FULL && retryable === true;
    this.#holds("new orders refused, retryable", isRight, `${answer.status} ${reason}`);
    const batch = await this.#call("POST", `${ORDERS}/batch`, [ORDER]);
    this.#holds("batches of orders refused as well", envelope(batch).code === DISK_FULL);
  }

  /** One by one and in batches of five. */
  async #cancelSome(open: string[], count: number): Promise<void> {
    const before = open.length;
    let done = 0;
    while (before - open.length < count) {
      const single = open.pop();
      const answer = await this.#call("DELETE", ORDERS, { order_no: single });
      if (envelope(answer).code === 0) done += 1;
      const five = open.splice(-5).map((order_no) => ({ order_no }));
      const { data } = envelope(await this.#call("DELETE", `${ORDERS}/batch`, five));
      done += (data as { result: { code: number } }[]).filter(
        (row) => row.result.code === 0,
      ).length;
    }
    this.figures.push(all("cancels accepted", done, before - open.length));
  }

  async #saysSo(): Promise<void> {
    const armed = await this.#call("POST", DEAD_MAN, { scope: "key", timeout: 60 });
    this.#holds("dead-man's switch can be armed", envelope(armed).code === 0);
    const released = await this.#call("POST", DEAD_MAN, { scope: "key", timeout: 0 });
    this.#holds("and released", envelope(released).code === 0);
    const ready = await fetch(`${this.#url}/health/ready`);
    const { data } = (await ready.json()) as { data: { disk?: string } };
    this.#holds("health is 200 and says so", ready.status === 200 && data.disk === "full");
    const metrics = await (await fetch(`${this.#url}/metrics`)).text();
    this.#holds("metrics say so", /^countermand_disk_full 1$/m.test(metrics));
    const held = /^countermand_disk_reserve_bytes (\d+)$/m.exec(metrics)?.[1] ?? "?";
    this.figures.push(reported("bytes of the reserve that are left of 2 MB", held));
    this.#holds("the log says so", this.#running.stderr.includes('"disk.full"'));
  }

  /** Killed and started again on the full disk. */
  async #crash(): Promise<void> {
    const before = await this.#running.state();
    await this.#running.crash();
    await this.#start();
    this.#holds(
      "starts on the full disk, same state",
      isSameState(await this.#running.state(), before),
    );
    await this.#refusal();
  }

  /** Stopped, which takes files away whose room somebody else takes, and started again. */
  async #stop(): Promise<void> {
    const before = await this.#running.state();
    this.#running.kill("SIGTERM");
    const { code } = await this.#running.exited;
    this.#holds("stops on the full disk: exit code 0", code === 0, String(code));
    this.#disk.fill();
    await this.#start();
    const after = await this.#running.state();
    this.#holds("starts after a stop, same state", isSameState(after, before));
    await this.#refusal();
  }

  async #room(open: string[], orderCount: number): Promise<void> {
    this.#disk.free();
    const freedMs = performance.now();
    await this.#until("an accepted order", async () => {
      const placed = await this.#call("POST", ORDERS, ORDER);
      return envelope(placed).code === 0 ? placed : null;
    });
    const seconds = ((performance.now() - freedMs) / 1_000).toFixed(1);
    this.#holds("takes new orders by itself once there is room", true, `after ${seconds} s`);
    const total = await this.#until("the archive", async () => {
      const metrics = await (await fetch(`${this.#url}/metrics`)).text();
      if (!/^countermand_unarchived_reports 0$/m.test(metrics)) return null;
      const { data } = envelope(await this.#call("GET", `${ORDERS}?order_status=can`));
      return (data as { total_records: number }).total_records;
    });
    this.figures.push(all("cancelled orders listed", total, orderCount - open.length));
  }

  /** Until nothing is left: the answers that came are kept, and the process says why it stops. */
  async #useUp(open: readonly string[]): Promise<void> {
    this.#disk.fill();
    const other = new SignedClient(this.#url, KEY_2, 8);
    let armed = 0;
    const worker = async (): Promise<void> => {
      for (;;) {
        const answer = await other.call("POST", DEAD_MAN, { scope: "key", timeout: 60 });
        if (envelope(answer).code !== 0) throw new Error(answer.text);
        armed += 1;
      }
    };
    // Each ends with the gateway's last breath, and may not end before it.
    const ends = await Promise.all(
      Array.from({ length: 8 }, () => worker().catch((error: unknown) => error)),
    );
    const wrong = ends.find((error) => !(error instanceof NoAnswer));
    if (wrong !== undefined) throw wrong;
    await this.#running.exited;
    other.close();
    const { exit, stderr } = this.#running;
    this.#holds("reserve used up: exit code 70", exit?.code === EXIT_FATAL, `${exit?.code}`);
    const sentence = /^countermand stopped: .*\(JOURNAL_DISK_FULL\)$/m.exec(stderr)?.[0];
    this.#holds("and a sentence that says why", sentence !== undefined);
    this.figures.push(reported("switches armed from 2 MB until then", String(armed)));
    this.#disk.free();
    const { problem, eventCount } = verifyJournal(this.#dataDir);
    this.#holds("the journal is whole", problem === null, problem?.code ?? `${eventCount} events`);
    await this.#start();
    const { data } = envelope(await this.#call("GET", `${ORDERS}?order_status=new`));
    const left = (data as { total_records: number }).total_records;
    this.#holds("what was open is open", left >= open.length, String(left));
  }

  async #until<T>(what: string, look: () => Promise<T | null>): Promise<T> {
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      const found = await look();
      if (found !== null) return found;
      if (performance.now() > deadline) throw new Error(`no sign of ${what}`);
    }
  }
}

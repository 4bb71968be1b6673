/**
 * The machine's clock jumps by three hours, forth and back, with libfaketime: signatures fail
 * closed, timers go on by the time that has passed, order numbers rise, and nothing is done twice.
 */
import { existsSync, globSync, writeFileSync } from "node:fs";
import type { GatewayProcess, Workplace } from "../gateway-process.ts";
import { type Answer, envelope, KEY_1, SignedClient, sign } from "../signed-client.ts";
import { restingOrder } from "../wire-orders.ts";
import { all, CannotRun, type Figure, type Proof } from "./proof.ts";

const JUMP_MS = 3 * 3_600_000;
const ORDERS_PER_STEP = 20;
const SECOND_MS = 1_000;
const ORDERS = "/trade/v1/orders";
const DEAD_MAN = "/trade/v1/dead-man";

export const CLOCK_JUMP: Proof = {
  name: "clock-jump",
  about: "the clock jumps by 3 h, forth and back: fails closed, no timer misfires, numbers rise",
  run: async ({ place }) => {
    const [library] = globSync("/usr/lib/*/faketime/libfaketime.so.1");
    if (library === undefined) throw new CannotRun("libfaketime is not installed");
    const jumping = new Jumping(place, library);
    await jumping.run();
    return jumping.figures;
  },
};

class Jumping {
  readonly figures: Figure[] = [];
  readonly #place: Workplace;
  readonly #library: string;
  readonly #offsetFile: string;
  #offsetMs = 0;
  #gateway: GatewayProcess | null = null;
  readonly #orderNos: bigint[] = [];
  readonly #createdAt: number[] = [];

  constructor(place: Workplace, library: string) {
    this.#place = place;
    this.#library = library;
    this.#offsetFile = place.path("offset");
  }

  async run(): Promise<void> {
    this.#jumpTo(0);
    await this.#start();
    await this.#place20();
    const armed = await this.#call("POST", DEAD_MAN, { scope: "key", timeout: 3_600 });
    if (armed.status !== 200) throw new Error(armed.text);
    const early = this.#sign("POST", ORDERS, restingOrder());
    const earlyAnswer = await this.#send(early);
    this.#placed(earlyAnswer);

    this.#jumpTo(JUMP_MS);
    await this.#refusedAt("3 h ahead: signatures of the time before are refused", 0);
    this.#holds("and so is a repetition", (await this.#send(early)).status === 401);
    await this.#place20();
    await this.#armedStill("3 h ahead: a switch of 1 h has not fired");

    this.#jumpTo(0);
    await this.#refusedAt("back again: signatures of the time ahead are refused", JUMP_MS);
    const again = await this.#send(early);
    const isFirst = again.text === earlyAnswer.text;
    this.#holds("back again: a repetition acts on nothing", isFirst || again.status === 401);
    const cancel = await this.#call("DELETE", ORDERS, { order_no: String(this.#orderNos[0]) });
    this.#holds("back again: cancels are taken", envelope(cancel).code === 0);

    this.#jumpTo(-JUMP_MS);
    await this.#refusedAt("3 h behind: signatures of the true time are refused", 0);
    const behind = await this.#call("DELETE", ORDERS, { order_no: String(this.#orderNos[1]) });
    this.#holds("3 h behind: cancels are taken", envelope(behind).code === 0);
    await this.#armedStill("3 h behind: the switch has not fired");

    this.#jumpTo(2 * JUMP_MS);
    await this.#place20();
    await this.#armedStill("6 h ahead: the switch has not fired");
    // A start has nothing but real time to tell how long a switch has waited: this one is over.
    await this.#call("POST", DEAD_MAN, { scope: "key", timeout: 0 });
    await this.#restart();
    await this.#place20();
    this.#rising();
  }

  /** Milliseconds between the gateway's clock and the true one, from now on. */
  #jumpTo(offsetMs: number): void {
    this.#offsetMs = offsetMs;
    const seconds = offsetMs / SECOND_MS;
    writeFileSync(this.#offsetFile, `${seconds < 0 ? "" : "+"}${seconds}\n`);
  }

  async #start(): Promise<void> {
    this.#gateway = await this.#place.gateway(this.#place.path("data"), {
      LD_PRELOAD: this.#library,
      FAKETIME_TIMESTAMP_FILE: this.#offsetFile,
      FAKETIME_NO_CACHE: "1",
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
    });
    if (!existsSync(this.#offsetFile)) throw new Error("the clock cannot be moved");
  }

  async #restart(): Promise<void> {
    await this.#gateway?.crash();
    await this.#start();
  }

  #holds(what: string, holds: boolean): void {
    this.figures.push(all(what, holds ? 1 : 0, 1));
  }

  async #send(signed: ReturnType<typeof sign>): Promise<Answer> {
    const client = new SignedClient(this.#gateway?.url ?? "", KEY_1, 1);
    try {
      return await client.send(signed);
    } finally {
      client.close();
    }
  }

  /** Signed by the gateway's clock, or by another one. */
  #call(method: string, target: string, body: object | "", offsetMs = this.#offsetMs) {
    return this.#send(this.#sign(method, target, body, offsetMs));
  }

  #sign(method: string, target: string, body: object | "", offsetMs = this.#offsetMs) {
    const timestamp = String(Date.now() + offsetMs + this.#next());
    const text = body === "" ? "" : JSON.stringify(body);
    return sign(KEY_1, method, target, text, { timestamp });
  }

  #count = 0;

  /** Two requests that are meant to be two need two timestamps. */
  #next(): number {
    this.#count += 1;
    return this.#count % 500;
  }

  async #place20(): Promise<void> {
    for (let index = 0; index < ORDERS_PER_STEP; index += 1) {
      this.#placed(await this.#call("POST", ORDERS, restingOrder()));
    }
    const { data } = envelope(await this.#call("GET", `${ORDERS}?page_size=1`, ""));
    const [newest] = (data as { orders: { create_time: number }[] }).orders;
    this.#createdAt.push(newest?.create_time ?? Number.NaN);
  }

  #placed(answer: Answer): void {
    const { code, data } = envelope(answer);
    if (code !== 0) throw new Error(`${answer.status} ${answer.text}`);
    this.#orderNos.push(BigInt((data as { order_no: string }).order_no));
  }

  async #refusedAt(what: string, offsetMs: number): Promise<void> {
    const placed = await this.#call("POST", ORDERS, restingOrder(), offsetMs);
    const cancel = await this.#call("DELETE", ORDERS, { order_no: "22000000001" }, offsetMs);
    this.#holds(what, placed.status === 401 && cancel.status === 401);
  }

  async #armedStill(what: string): Promise<void> {
    const { data } = envelope(await this.#call("GET", DEAD_MAN, ""));
    const [row] = (data as { switches: { state: string; fires_in_ms: number }[] }).switches;
    const open = envelope(await this.#call("GET", `${ORDERS}?order_status=new`, ""));
    const { total_records } = open.data as { total_records: number };
    this.#holds(what, row?.state === "armed" && row.fires_in_ms > 0 && total_records > 0);
  }

  #rising(): void {
    const rising = this.#orderNos.filter((orderNo, index) => {
      return orderNo > (this.#orderNos[index - 1] ?? 0n);
    });
    this.figures.push(
      all("order numbers, each above the one before", rising.length, this.#orderNos.length),
    );
    const later = this.#createdAt.filter((at, index) => at >= (this.#createdAt[index - 1] ?? 0));
    this.figures.push(all("times of orders never run back", later.length, this.#createdAt.length));
  }
}

/**
 * A disk that does not answer for a while, and then does. The gateway says that it is not ready,
 * refuses what it need not take, and tells those who wait that it does not know; when the disk
 * answers, what it took is done, once, and the same request sent again finds out.
 */
import { rmSync, writeFileSync } from "node:fs";
import { eventually } from "../changes.ts";
import { runCommand } from "../command-line.ts";
import { ConsoleBrowser, SESSION } from "../console-browser.ts";
import {
  type Answer,
  envelope,
  isReplay,
  KEY_1,
  KEY_2,
  SignedClient,
  sign,
} from "../signed-client.ts";
import { StreamClient } from "../stream-client.ts";
import { restingOrder } from "../wire-orders.ts";
import { preloaded } from "./preloaded.ts";
import { atMost, type Figure, type Proof, type ProofOptions } from "./proof.ts";
import { isSameState, recover } from "./recovered.ts";

const ORDERS = "/trade/v1/orders";
const REFUSED_MS_MAX = 1_000;
const UNKNOWN_SECONDS_MAX = 32;

export const SILENT_DISK: Proof = {
  name: "silent-disk",
  about: "flushes do not end for a while: nothing is told, nothing lost or done twice",
  run: (options) => new Silence(options).run(),
};

class Silence {
  readonly #place: ProofOptions["place"];
  readonly #mark: string;
  readonly #figures: Figure[] = [];

  constructor({ place }: ProofOptions) {
    this.#place = place;
    this.#mark = place.path("silent");
  }

  async run(): Promise<Figure[]> {
    const gateway = await this.#place.gateway(this.#place.path("data"), {
      LD_PRELOAD: preloaded(this.#place, "silent"),
      SILENT_MARK: this.#mark,
    });
    const client = new SignedClient(gateway.url, KEY_1, 16);
    const isReady = async () => (await fetch(`${gateway.url}/health/ready`)).status === 200;
    const first = await client.place(restingOrder());
    const second = await client.place(restingOrder());
    const socket = await StreamClient.open(gateway.url, KEY_2, "commands=1");
    const browser = new ConsoleBrowser(gateway.url);
    await browser.signIn(/#code=(\S+)/.exec(gateway.stdout)?.[1] ?? "");

    writeFileSync(this.#mark, "");
    const startedMs = performance.now();
    const placing = sign(KEY_1, "POST", ORDERS, JSON.stringify(restingOrder()));
    const cancelling = sign(KEY_1, "DELETE", ORDERS, JSON.stringify({ order_no: first }));
    const waiting = [client.send(placing), client.send(cancelling)];
    const command = { op: "place", id: "silent", data: restingOrder() };
    socket.send(JSON.stringify(command));
    await eventually("unready gateway", async () => !(await isReady()));
    await this.#refusal(client);
    await this.#others(browser);
    const again = client.send(placing);
    const late = client.call("DELETE", ORDERS, { order_no: second });
    const environment = { COUNTERMAND_URL: gateway.url };
    const doctor = await runCommand(["doctor"], { environment });
    const answers = await Promise.all([...waiting, again, late]);
    const seconds = (performance.now() - startedMs) / 1_000;
    const reply = await socket.seen("the reply", ({ text }) => text.includes('"id":"silent"'));
    this.#holds("orders and cancels told that nobody knows", answers.every(isUnknown));
    this.#holds("the command of a socket as well", reply.text.includes('"outcome_unknown"'));
    this.#figures.push(atMost("told after", seconds, UNKNOWN_SECONDS_MAX, "s"));
    const isNamed = /^FAIL {2}disk: the disk has not answered for \d+ s$/m.test(doctor.output);
    this.#holds("countermand doctor names it, and ends", isNamed && doctor.code === 1);
    this.#holds("said in the log", gateway.stderr.includes('"disk.silent"'));

    rmSync(this.#mark);
    await eventually("ready gateway", isReady);
    const placed = await client.send(placing);
    const cancelled = await client.send(cancelling);
    const isFound = isReplay(placed) && envelope(placed).code === 0;
    this.#holds("the order sent again gets its first answer", isFound);
    this.#holds("the cancel sent again is done", envelope(cancelled).code === 0);
    const open = (await client.orders()).filter(({ order_status }) => order_status === "new");
    const { order_no } = envelope(placed).data as { order_no: string };
    const isExact = open.length === 1 && open[0]?.order_no === order_no;
    this.#holds("both cancels done, one order placed, none refused", isExact);
    client.close();
    socket.close();

    const state = await gateway.state();
    await gateway.crash();
    const found = recover(this.#place.path("data"));
    const isSame = found.started && isSameState(found.state, state);
    this.#holds("same state after a crash and a replay", isSame);
    return this.#figures;
  }

  /** Nothing is done for whom nobody could answer. */
  async #refusal(client: SignedClient): Promise<void> {
    const startedMs = performance.now();
    const order = await client.call("POST", ORDERS, restingOrder());
    const query = await client.call("GET", `${ORDERS}?page_index=1&page_size=10`);
    const tookMs = performance.now() - startedMs;
    const isRefused = order.status === 503 && query.status === 503;
    this.#holds(
      "later orders and queries refused",
      isRefused && envelope(order).retryable === true,
    );
    this.#figures.push(atMost("refused within", tookMs, REFUSED_MS_MAX, "ms"));
  }

  /** What goes to the disk, or asks about it, beside the commits. */
  async #others(browser: ConsoleBrowser): Promise<void> {
    const startedMs = performance.now();
    const leaving = browser.ask("DELETE", SESSION);
    const scrape = fetch(`${browser.url}/metrics`).then((answer) => answer.text());
    const time = await fetch(`${browser.url}/time`);
    const tookMs = performance.now() - startedMs;
    this.#figures.push(atMost("beside who signs out and a scrape", tookMs, REFUSED_MS_MAX, "ms"));
    const isOut = (await leaving).status === 200 && time.ok;
    this.#holds("a page signs out", isOut && (await browser.ask("GET", SESSION)).status === 401);
    const isUnknown = /^countermand_disk_free_bytes Nan$/m.test(await scrape);
    this.#holds("a scrape says that the room is unknown", isUnknown);
  }

  #holds(what: string, is: boolean): void {
    this.#figures.push({ what, figure: is ? "yes" : "no", target: "yes", holds: is });
  }
}

function isUnknown(answer: Answer): boolean {
  return answer.status === 500 && envelope(answer).reason === "outcome_unknown";
}

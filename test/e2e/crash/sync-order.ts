/**
 * Proof by the system's own record that what is told is on stable storage before: every order,
 * cancel, amend, batch, reply, push and public trade against the flushes of the journal's log.
 */
import { KEY_1, KEY_2, SignedClient } from "../signed-client.ts";
import { StreamClient } from "../stream-client.ts";
import { BUY } from "../wire-orders.ts";
import { atLeast, type Figure, none, type Proof, reported } from "./proof.ts";
import { launchTraced, linesOf, readyUrl, SyncOrder } from "./system-calls.ts";

const CONNECTIONS = 8;
const ROUNDS_SHORT = 12;
const ROUNDS_LONG = 250;

const ORDERS = "/trade/v1/orders";
const REPRESENTATION = { headers: { Prefer: "return=representation" } };

export const SYNC_ORDER: Proof = {
  name: "sync-order",
  about: "by the system's own record: nothing is told while what it tells is unsynced",
  run: async ({ isLong, place }) => {
    const rounds = isLong ? ROUNDS_LONG : ROUNDS_SHORT;
    const { process, trace } = launchTraced(place, "sync-order");
    const url = await readyUrl(process);
    await load(url, rounds);
    process.kill("SIGTERM");
    await process.exited;
    const order = new SyncOrder();
    for await (const line of linesOf(trace)) order.line(line);
    return figuresOf(order, rounds);
  },
};

function figuresOf({ told, syncCount, faults }: SyncOrder, rounds: number): Figure[] {
  for (const fault of faults.slice(0, 5)) process.stdout.write(`  ${fault}\n`);
  const least = CONNECTIONS * rounds;
  return [
    reported("flushes of the journal's log", String(syncCount)),
    atLeast("facts told in answers and replies", told.answers, 8 * least),
    atLeast("facts told in pushes", told.pushes, 12 * least),
    none("facts told before they were flushed", faults.length),
  ];
}

/** Both accounts' streams and the public market are watched meanwhile. */
async function load(url: string, rounds: number): Promise<void> {
  const [first, second] = [new SignedClient(url, KEY_1), new SignedClient(url, KEY_2)];
  const market = await watchMarket(url);
  const streams = [await StreamClient.open(url, KEY_1), await StreamClient.open(url, KEY_2)];
  const sockets = await Promise.all([KEY_1, KEY_2].map((key) => Commands.open(url, key)));
  const worker = async (_: unknown, index: number): Promise<void> => {
    for (let round = 0; round < rounds; round += 1) {
      await work(index % 2 === 0 ? first : second);
      await sockets[index % 2]?.work(`${index}-${round}`);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
  for (const client of [first, second]) client.close();
  for (const stream of [...streams, ...sockets]) stream.close();
  market.close();
}

function order(side: "buy" | "sell", price: number) {
  return { ...BUY, order_side: side, price };
}

/** One write of each kind: an order that rests, an amend, a cancel, batches, and a trade. */
async function work(client: SignedClient): Promise<void> {
  const single = await client.place(order("buy", 300));
  await client.call("PUT", ORDERS, { order_no: single, price: 301 }, REPRESENTATION);
  await client.call("DELETE", ORDERS, { order_no: single }, REPRESENTATION);
  const batch = await client.call("POST", `${ORDERS}/batch`, [
    order("buy", 302),
    order("buy", 303),
  ]);
  const { data } = JSON.parse(batch.text) as { data: { order_no: string }[] };
  const targets = data.map(({ order_no }) => ({ order_no }));
  await client.call("DELETE", `${ORDERS}/batch`, targets, REPRESENTATION);
  const side = client.key === KEY_1 ? "buy" : "sell";
  await client.place(order(side, 420));
}

/** A socket with commands, and the replies to them. */
class Commands {
  readonly #stream: StreamClient;

  static async open(url: string, key: typeof KEY_1): Promise<Commands> {
    return new Commands(await StreamClient.open(url, key, "commands=1"));
  }

  private constructor(stream: StreamClient) {
    this.#stream = stream;
  }

  async work(name: string): Promise<void> {
    const { data } = await this.#command("place", `place-${name}`, order("buy", 310));
    const orderNo = (data as unknown as { order_no: string }).order_no;
    await this.#command("cancel", `cancel-${orderNo}`, { order_no: orderNo });
  }

  close(): void {
    this.#stream.close();
  }

  async #command(op: string, id: string, data: object) {
    this.#stream.send(JSON.stringify({ op, id, data }));
    return (await this.#stream.seen(`the reply to ${id}`, ({ message }) => message.id === id))
      .message;
  }
}

async function watchMarket(url: string): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace(/^http/, "ws")}/ws/market/v1`);
  await new Promise((resolve) => socket.addEventListener("open", resolve));
  const channels = ["depth", "trades"];
  socket.send(JSON.stringify({ op: "subscribe", channels, symbols: ["00700"] }));
  return socket;
}

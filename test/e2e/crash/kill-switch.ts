/**
 * The kill switch over many open orders: all are withdrawn, new ones are refused meanwhile, and a
 * crash in the middle keeps nothing of it back.
 */
import { freePort } from "../free-port.ts";
import type { GatewayProcess, Workplace } from "../gateway-process.ts";
import { type BlockView, OPERATOR_TOKEN, OperatorClient } from "../operator-client.ts";
import { envelope, KEY_1, SignedClient } from "../signed-client.ts";
import { restingOrder } from "../wire-orders.ts";
import { all, atMost, type Figure, type Proof, reported } from "./proof.ts";

const ORDERS_SHORT = 2_000;
const ORDERS_LONG = 10_000;
const SECONDS_MAX = 5;
const PLACERS = 16;
const BATCH = 5;

export const KILL_SWITCH: Proof = {
  name: "kill-switch",
  about: "one call withdraws every open order, also through a crash, and blocks new ones",
  run: async ({ isLong, place }) => {
    const count = isLong ? ORDERS_LONG : ORDERS_SHORT;
    return [...(await withdrawn(place, count)), ...(await withdrawnThroughCrash(place, count))];
  },
};

interface Node {
  readonly gateway: GatewayProcess;
  readonly client: SignedClient;
  readonly operator: OperatorClient;
}

async function withdrawn(place: Workplace, count: number): Promise<Figure[]> {
  const node = await start(place, "whole");
  await placeMany(node.client, count);
  const sentMs = performance.now();
  const { data } = await node.operator.post("kill", KILL);
  const refused = refusedMeanwhile(node.client);
  const block = await node.operator.killed(data.block_id);
  const seconds = (performance.now() - sentMs) / 1_000;
  const [reason, done] = [await refused, block.kill?.done ?? 0];
  const left = await openCount(node.client);
  await stop(node);
  return [
    all("orders withdrawn by one call", left === 0 ? done : done - left, count),
    atMost("until the last one", seconds, SECONDS_MAX, "s"),
    reported("a new order meanwhile", reason),
    all("new orders refused meanwhile", reason === "blocked" ? 1 : 0, 1),
  ];
}

/** Killed as soon as some are gone. */
async function withdrawnThroughCrash(place: Workplace, count: number): Promise<Figure[]> {
  const first = await start(place, "crashed");
  await placeMany(first.client, count);
  const { data } = await first.operator.post("kill", KILL);
  const gone = await someGone(first.operator, data.block_id);
  await stop(first);
  const second = await start(place, "crashed");
  const block = await second.operator.killed(data.block_id);
  const left = await openCount(second.client);
  const reason = await refusedMeanwhile(second.client);
  await stop(second);
  return [
    reported("gone when the process was killed", `${gone} of ${count}`),
    all("withdrawn after the restart, each counted once", block.kill?.done ?? 0, count),
    all("none open, and new orders still refused", left === 0 && reason === "blocked" ? 1 : 0, 1),
  ];
}

const KILL = { reason: "proof", scope: { gateway: true } };

async function start(place: Workplace, name: string): Promise<Node> {
  const port = await freePort();
  const gateway = await place.gateway(place.path(name), {
    COUNTERMAND_OPERATOR_PORT: String(port),
    COUNTERMAND_OPERATOR_TOKEN: OPERATOR_TOKEN,
  });
  const client = new SignedClient(gateway.url, KEY_1, PLACERS);
  return { gateway, client, operator: new OperatorClient(`http://127.0.0.1:${port}`) };
}

async function stop({ gateway, client }: Node): Promise<void> {
  client.close();
  await gateway.crash();
}

async function placeMany(client: SignedClient, count: number): Promise<void> {
  let placed = 0;
  const placer = async (): Promise<void> => {
    while (placed < count) {
      placed += BATCH;
      const batch = Array.from({ length: BATCH }, () => restingOrder({ price: 1 + (placed % 50) }));
      const answer = await client.call("POST", "/trade/v1/orders/batch", batch);
      if (envelope(answer).code !== 0) throw new Error(answer.text);
    }
  };
  await Promise.all(Array.from({ length: PLACERS }, placer));
}

async function refusedMeanwhile(client: SignedClient): Promise<string> {
  const answer = await client.call("POST", "/trade/v1/orders", restingOrder());
  return envelope(answer).reason ?? "accepted";
}

async function openCount(client: SignedClient): Promise<number> {
  const { data } = envelope(await client.call("GET", "/trade/v1/orders?order_status=new"));
  return (data as { total_records: number }).total_records;
}

async function someGone(operator: OperatorClient, blockId: number): Promise<number> {
  for (;;) {
    const { data } = await operator.get(`blocks/${blockId}`);
    const done = (data as BlockView).kill?.done ?? 0;
    if (done > 0) return done;
  }
}

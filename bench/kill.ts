/**
 * Question: how soon does a kill block, how long does it take to cancel what is open, and what do
 * the cancels of somebody else notice of it?
 *
 * One gateway on a core of its own. Each round the first account has so many resting orders and
 * keeps placing more; the second cancels its own orders all the while, first without a kill beside
 * it, then with one. Blocked is the last moment, counted from the sending of the kill, at which an
 * order was sent that was still accepted, or the kill's answer, whichever is later.
 *
 * Run: `npx node bench/kill.ts [open orders] [rounds]`.
 */
import { freePort } from "../test/e2e/free-port.ts";
import { OPERATOR_TOKEN, OperatorClient } from "../test/e2e/operator-client.ts";
import { envelope, KEY_1, KEY_2, SignedClient } from "../test/e2e/signed-client.ts";
import { ORDER } from "./load/orders.ts";
import { atMost, type Row, report, row, thousands } from "./report.ts";
import { pinLoad, ServerProcess, workFolder } from "./server-process.ts";
import { RestingOrders } from "./trade-requests.ts";

/** Cancels of the second account under way at a time. */
const OTHERS_AT_A_TIME = 4;
const OTHER_ORDERS = 6_000;
const BASELINE_CANCELS = 1_000;
const BLOCKED_MS_MAX = 100;
const CANCELED_MS_MAX = 5_000;
const OTHERS_P99_MS_MAX = 100;

/** Cheap: an account pays for as many as a run places. */
const CHEAP_ORDER = { ...ORDER, price: 1 };

interface Round {
  readonly blockedMs: number;
  readonly canceledMs: number;
  readonly aloneMs: readonly number[];
  readonly besideMs: readonly number[];
}

pinLoad();
const openCount = Number(process.argv[2] ?? 10_000);
const roundCount = Number(process.argv[3] ?? 3);
report(await measure());

async function measure(): Promise<Row[]> {
  const operatorPort = await freePort();
  const server = await ServerProcess.gateway(workFolder(), {
    env: {
      COUNTERMAND_OPERATOR_PORT: String(operatorPort),
      COUNTERMAND_OPERATOR_TOKEN: OPERATOR_TOKEN,
    },
  });
  // Making checks of answers would keep the load's own process from sending.
  const operator = new OperatorClient(`http://127.0.0.1:${operatorPort}`, {}, () => {});
  const rounds: Round[] = [];
  for (let round = 0; round < roundCount; round += 1) {
    rounds.push(await runRound(server, operator, round));
  }
  await server.stop();
  return rowsOf(rounds);
}

async function runRound(
  server: ServerProcess,
  operator: OperatorClient,
  round: number,
): Promise<Round> {
  const url = `http://127.0.0.1:${server.port}`;
  const [first, second] = [new SignedClient(url, KEY_1, 1), new SignedClient(url, KEY_2)];
  await new RestingOrders(server.port, { prefix: `round-${round}` }).place(openCount);
  const others = await placeOthers(second);
  await server.settled();
  const aloneMs: number[] = [];
  await cancelOthers(second, others, aloneMs, () => aloneMs.length >= BASELINE_CANCELS);

  const besideMs: number[] = [];
  let isOver = false;
  const cancelling = cancelOthers(second, others, besideMs, () => isOver);
  const sentMs = performance.now();
  const acceptedMs = lastAccepted(first);
  const scope = { account: KEY_1.account };
  const { data } = await operator.post("kill", { reason: "benchmark", scope });
  const answeredMs = performance.now();
  const block = await operator.killed(data.block_id);
  const canceledMs = performance.now() - sentMs;
  isOver = true;
  await cancelling;
  if (block.kill === null || block.kill.done < openCount) throw new Error(JSON.stringify(block));
  const blockedMs = Math.max(answeredMs, await acceptedMs) - sentMs;
  await operator.post(`blocks/${data.block_id}/release`, { reason: "benchmark" });
  first.close();
  second.close();
  return { blockedMs, canceledMs, aloneMs, besideMs };
}

async function placeOthers(client: SignedClient): Promise<string[]> {
  const orderNos: string[] = [];
  while (orderNos.length < OTHER_ORDERS) {
    const placed = Array.from({ length: 8 }, () => client.place(CHEAP_ORDER));
    orderNos.push(...(await Promise.all(placed)));
  }
  return orderNos;
}

/** Cancels until it is over or nothing is left; adds how long each took. */
async function cancelOthers(
  client: SignedClient,
  orderNos: string[],
  tookMs: number[],
  isOver: () => boolean,
): Promise<void> {
  const one = async (): Promise<void> => {
    while (!isOver()) {
      const orderNo = orderNos.pop();
      if (orderNo === undefined) return;
      const sentMs = performance.now();
      const answer = await client.call("DELETE", "/trade/v1/orders", { order_no: orderNo });
      tookMs.push(performance.now() - sentMs);
      if (envelope(answer).code !== 0) throw new Error(answer.text);
    }
  };
  await Promise.all(Array.from({ length: OTHERS_AT_A_TIME }, one));
}

/** Places one order after the other until one is blocked; when the last accepted one was sent. */
async function lastAccepted(client: SignedClient): Promise<number> {
  for (let acceptedMs = 0; ; ) {
    const sentMs = performance.now();
    const answer = envelope(await client.call("POST", "/trade/v1/orders", CHEAP_ORDER));
    if (answer.reason === "blocked") return acceptedMs;
    if (answer.code !== 0) throw new Error(JSON.stringify(answer));
    acceptedMs = sentMs;
  }
}

function rowsOf(rounds: readonly Round[]): Row[] {
  const worst = (of: (round: Round) => number) => Math.max(...rounds.map(of));
  const blocked = worst(({ blockedMs }) => blockedMs);
  const canceled = worst(({ canceledMs }) => canceledMs);
  const alone = percentile(rounds.flatMap(({ aloneMs }) => aloneMs));
  const beside = percentile(rounds.flatMap(({ besideMs }) => besideMs));
  const orders = thousands(openCount);
  const worstOf = `worst of ${rounds.length}`;
  const count = rounds.reduce((sum, { besideMs }) => sum + besideMs.length, 0);
  return [
    row(`kill of ${orders} open orders: blocked, ${worstOf}`, ms(blocked), {
      ...atMost(blocked, BLOCKED_MS_MAX, " ms"),
    }),
    row(`kill of ${orders} open orders: all cancelled, ${worstOf}`, ms(canceled), {
      ...atMost(canceled, CANCELED_MS_MAX, " ms"),
    }),
    row(`cancel p99 of another account meanwhile, ${thousands(count)} cancels`, ms(beside), {
      peer: `${ms(alone)} without a kill`,
      ratio: (beside / alone).toFixed(2),
      ...atMost(beside, OTHERS_P99_MS_MAX, " ms"),
    }),
  ];
}

/** The 99th. */
function percentile(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN;
}

function ms(value: number): string {
  return `${value.toFixed(1)} ms`;
}

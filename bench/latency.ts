/**
 * Question: how soon is a durable answer given by an idle gateway, and how soon behind it is the
 * push, idle and under load?
 *
 * Single cancels: on one connection, one after the other, first; then on 64 at once. A stream of
 * the account is open meanwhile. The push of an order counts from the moment at which its cancel's
 * answer was read; one that came before it counts as 0. Beside the idle gateway the composite floor
 * takes turns, on one connection as well.
 *
 * Run: `npx node bench/latency.ts [cancels on one connection] [cancels on 64] [rounds]`.
 */
import { join } from "node:path";
import { FLOOR_FIRST_ORDER_NO } from "./floor-server.ts";
import { CONNECTIONS, LatencyHistogram, runLoad } from "./http-load.ts";
import { PushTimes } from "./push-times.ts";
import { atMost, median, type Row, report, row } from "./report.ts";
import { pinLoad, ServerProcess, workFolder } from "./server-process.ts";
import { cancelRequest, RestingOrders } from "./trade-requests.ts";

const IDLE_P50_MS_MAX = 1;
const PUSH_P99_MS_MAX = 5;

interface Latency {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
}

interface Measured {
  readonly answer: Latency;
  readonly push: Latency;
}

pinLoad();
const idleCount = Number(process.argv[2] ?? 1_000);
const busyCount = Number(process.argv[3] ?? 10_000);
const roundCount = Number(process.argv[4] ?? 5);
report(await measure());

async function measure(): Promise<Row[]> {
  // One round more, to warm up: it does not count.
  const rounds = roundCount + 1;
  const file = join(workFolder(), "composite");
  const floor = await ServerProcess.floor("composite", file, String(rounds * idleCount));
  const gateway = await ServerProcess.gateway(workFolder());
  const stock = new RestingOrders(gateway.port);
  await stock.place(rounds * (idleCount + busyCount));
  const pushes = await PushTimes.open(gateway.port);
  const [floors, idle, busy]: [Latency[], Measured[], Measured[]] = [[], [], []];
  for (let round = 0; round < rounds; round += 1) {
    await gateway.settled();
    const first = FLOOR_FIRST_ORDER_NO + round * idleCount;
    const ofFloor = Array.from({ length: idleCount }, (_, n) => String(first + n));
    floors.push((await cancelAll(floor.port, ofFloor, 1, null)).answer);
    idle.push(await cancelAll(gateway.port, stock.take(idleCount), 1, pushes));
    busy.push(await cancelAll(gateway.port, stock.take(busyCount), CONNECTIONS, pushes));
  }
  pushes.close();
  await Promise.all([floor.stop(), gateway.stop()]);
  return rowsOf(floors.slice(1), idle.slice(1), busy.slice(1));
}

async function cancelAll(
  port: number,
  orderNos: readonly string[],
  connectionCount: number,
  pushes: PushTimes | null,
): Promise<Measured> {
  const requests = orderNos.map(cancelRequest);
  const answeredMs = new Float64Array(orderNos.length);
  const script = {
    count: requests.length,
    request: (index: number) => requests[index] ?? Buffer.alloc(0),
    answered: (index: number, { status, body }: { status: number; body: string }) => {
      if (status !== 200) throw new Error(`expected 200: ${status} ${body}`);
      answeredMs[index] = performance.now();
    },
  };
  const answer = await runLoad(port, script, connectionCount);
  const cameMs = (await pushes?.take(orderNos.length)) ?? new Map<string, number>();
  const behind = new LatencyHistogram();
  for (const [index, orderNo] of orderNos.entries()) {
    behind.add(Math.max(0, (cameMs.get(orderNo) ?? 0) - (answeredMs[index] ?? 0)));
  }
  return { answer, push: behind.percentiles() };
}

function rowsOf(
  floors: readonly Latency[],
  idle: readonly Measured[],
  busy: readonly Measured[],
): Row[] {
  const [floor, answer] = [middle(floors), middle(idle.map((each) => each.answer))];
  const [idlePush, busyPush] = [idle, busy].map((all) => middle(all.map((each) => each.push)));
  const busyAnswer = middle(busy.map((each) => each.answer));
  if (!(idlePush && busyPush)) throw new Error("two loads were measured");
  return [
    row("a durable answer of an idle gateway", text(answer), {
      peer: `node:http + HMAC + cancel + flush: ${text(floor)}`,
      ratio: (answer.p50Ms / floor.p50Ms).toFixed(2),
      ...atMost(answer.p50Ms, IDLE_P50_MS_MAX, " ms, p50"),
    }),
    row("from the answer to the push, idle", text(idlePush), {
      ...atMost(idlePush.p99Ms, PUSH_P99_MS_MAX, " ms, p99"),
    }),
    row(`the same with ${CONNECTIONS} connections`, text(busyPush), {
      peer: `answers: ${text(busyAnswer)}`,
      ...atMost(busyPush.p99Ms, PUSH_P99_MS_MAX, " ms, p99"),
    }),
  ];
}

function middle(all: readonly Latency[]): Latency {
  return {
    p50Ms: median(all.map((each) => each.p50Ms)),
    p99Ms: median(all.map((each) => each.p99Ms)),
    p999Ms: median(all.map((each) => each.p999Ms)),
  };
}

function text({ p50Ms, p99Ms, p999Ms }: Latency): string {
  return `${[p50Ms, p99Ms, p999Ms].map((ms) => ms.toFixed(2)).join(" / ")} ms`;
}

/**
 * Question: at three times what the gateway can do, are refusals given within 100 ms, and cancels
 * answered within 100 ms (p99)?
 *
 * First the capacity is measured: new orders and lists in turn, 64 connections, each with one
 * request outstanding. Then the same mix comes at three times that rate in an open loop, over
 * many connections, and beside it a stream of cancels on connections of its own: before the
 * flood, with the gateway idle, and during it.
 *
 * Run: `npx node bench/overload.ts [seconds] [times the capacity]`.
 */
import { runLoad } from "./http-load.ts";
import { type OpenLoadResult, runOpenLoad } from "./open-load.ts";
import { atMost, type Row, report, row, thousands } from "./report.ts";
import { pinLoad, ServerProcess, workFolder } from "./server-process.ts";
import { cancelRequest, placeRequest, RestingOrders, signedRequest } from "./trade-requests.ts";

/** One request in so many is a list. */
const LIST_EVERY = 10;
const FLOOD_CONNECTIONS = 512;
const CANCEL_CONNECTIONS = 32;
const CANCELS_PER_SECOND = 200;
const CAPACITY_REQUESTS = 20_000;

pinLoad();
const seconds = Number(process.argv[2] ?? 8);
const times = Number(process.argv[3] ?? 3);
report(await measure());

async function measure(): Promise<Row[]> {
  const gateway = await ServerProcess.gateway(workFolder());
  const { port } = gateway;
  const cancelCount = CANCELS_PER_SECOND * seconds;
  const stock = new RestingOrders(port, { prefix: "stock" });
  await stock.place(2 * cancelCount);
  const mix = mixed("warm", CAPACITY_REQUESTS);
  await runClosed(port, mix);
  const capacity = await runClosed(port, mixed("capacity", CAPACITY_REQUESTS));
  await gateway.settled();
  const idle = await runOpenLoad(cancels(port, stock.take(cancelCount)));
  await gateway.settled();
  const perSecond = Math.round(times * capacity.perSecond);
  const flood = mixed("flood", perSecond * seconds);
  const cancelLoad = cancels(port, stock.take(cancelCount));
  const cpuBeforeMs = gateway.cpuMs() ?? 0;
  const [flooded, canceled] = await Promise.all([
    runOpenLoad({ port, connectionCount: FLOOD_CONNECTIONS, perSecond, seconds, requests: flood }),
    runOpenLoad(cancelLoad),
  ]);
  const cpu = ((gateway.cpuMs() ?? 0) - cpuBeforeMs) / 1000 / seconds;
  await gateway.stop();
  return rowsOf({ capacity: capacity.perSecond, idle, flooded, canceled, cpu });
}

async function runClosed(port: number, requests: readonly Buffer[]) {
  return await runLoad(port, {
    count: requests.length,
    request: (index) => requests[index] ?? Buffer.alloc(0),
    answered: (_index, { status, body }) => {
      if (status !== 200) throw new Error(`expected 200: ${status} ${body}`);
    },
  });
}

/** New orders, each with a name of its own, and lists among them. */
function mixed(prefix: string, count: number): Buffer[] {
  return Array.from({ length: count }, (_, index) => {
    return index % LIST_EVERY === 0
      ? signedRequest("GET", "/trade/v1/orders?page_index=1&page_size=20", "")
      : placeRequest(index, prefix);
  });
}

function cancels(port: number, orderNos: readonly string[]) {
  return {
    port,
    connectionCount: CANCEL_CONNECTIONS,
    perSecond: CANCELS_PER_SECOND,
    seconds,
    requests: orderNos.map(cancelRequest),
  };
}

interface Measured {
  readonly capacity: number;
  readonly idle: OpenLoadResult;
  readonly flooded: OpenLoadResult;
  readonly canceled: OpenLoadResult;
  readonly cpu: number;
}

function rowsOf({ capacity, idle, flooded, canceled, cpu }: Measured): Row[] {
  const done = flooded.byStatus.get(200);
  const refused = flooded.byStatus.get(503);
  const cancel = canceled.byStatus.get(200);
  const alone = idle.byStatus.get(200);
  if (cancel === undefined || alone === undefined) throw new Error("no cancel was answered");
  const others = [...canceled.byStatus].filter(([status]) => status !== 200);
  return [
    row("new orders and lists, 64 connections", `${thousands(capacity)}/s`),
    row(
      `the same at ${times} times that rate`,
      `${thousands(flooded.sentPerSecond)}/s sent, ${thousands(flooded.missed / seconds)}/s not`,
      {
        peer: `${thousands((done?.count ?? 0) / seconds)}/s done, ${latency(done)}; ${cpu.toFixed(2)} cores`,
      },
    ),
    row("refusals (503 overloaded)", latency(refused), {
      peer: `${thousands((refused?.count ?? 0) / seconds)}/s`,
      ...atMost(refused?.p99Ms ?? 0, 100, " ms, p99"),
    }),
    row(
      "cancels meanwhile",
      `${latency(cancel)}, ${cancel.count} of ${CANCELS_PER_SECOND * seconds}`,
      {
        peer: `alone: ${latency(alone)}`,
        ...atMost(cancel.p99Ms, 100, " ms, p99"),
      },
    ),
    row(
      "cancels refused meanwhile",
      others.map(([status, { count }]) => `${count} × ${status}`).join(", ") || "0",
    ),
  ];
}

function latency(result: { p50Ms: number; p99Ms: number; maxMs: number } | undefined): string {
  if (result === undefined) return "none";
  return `${[result.p50Ms, result.p99Ms, result.maxMs].map((ms) => ms.toFixed(1)).join(" / ")} ms`;
}

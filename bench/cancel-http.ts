/**
 * Question: what share of what HTTP, signature and disk allow at best do signed single cancels
 * reach?
 *
 * Servers take turns. Three are on one core: a bare node:http server that only checks the
 * signature, the composite floor, and the gateway. Another gateway has all cores: the server's for
 * the thread that decides, and the load's, beside the load, for what that leaves. 64 keep-alive
 * connections, every answer after its flush. Medians of the rounds are shown. Every answer must be
 * 200 {"code":0}, and afterwards the query must show every order cancelled.
 *
 * Run: `npx node bench/cancel-http.ts [cancels per round] [rounds]`.
 */
import { join } from "node:path";
import { FLOOR_FIRST_ORDER_NO } from "./floor-server.ts";
import type { LoadResult } from "./http-load.ts";
import { atLeast, median, type Row, report, row, thousands } from "./report.ts";
import { canPin, pinLoad, SERVER_CORE, ServerProcess, workFolder } from "./server-process.ts";
import { cancelSingly, queryOrders, RestingOrders } from "./trade-requests.ts";

/** Orders that the query is asked for one by one, besides the count of all. */
const CHECKED_ORDERS = 100;

interface Contender {
  readonly isGateway: boolean;
  readonly server: ServerProcess;
  readonly take: (count: number) => readonly string[];
  readonly rounds: Round[];
}

interface Round extends LoadResult {
  /** Processor time of the server for each request, the archive's work behind it included. */
  readonly cpuUs: number;
  /** Reports the archive had not taken when the last answer came. */
  readonly archiveLag: number;
}

pinLoad();
const cancelsPerRound = Number(process.argv[2] ?? 15_000);
const roundCount = Number(process.argv[3] ?? 5);
report(await measure());

async function measure(): Promise<Row[]> {
  // One round more, to warm up: it does not count.
  const orderCount = cancelsPerRound * (roundCount + 1);
  const bare = await ServerProcess.floor("hmac");
  const file = join(workFolder(), "composite");
  const composite = await ServerProcess.floor("composite", file, String(orderCount));
  const onOneCore = await ServerProcess.gateway(workFolder());
  const onAllCores = await ServerProcess.gateway(workFolder(), {
    pinned: false,
    env: canPin ? { COUNTERMAND_DECIDING_CORE: SERVER_CORE } : {},
  });
  const contenders = [
    contender(bare, numbersFrom(FLOOR_FIRST_ORDER_NO)),
    await gatewayContender(onOneCore, orderCount),
    contender(composite, numbersFrom(FLOOR_FIRST_ORDER_NO)),
    await gatewayContender(onAllCores, orderCount),
  ];
  for (let round = 0; round <= roundCount; round += 1) {
    for (const each of contenders) {
      const result = await runRound(each);
      if (round > 0) each.rounds.push(result);
    }
  }
  for (const gateway of [onOneCore, onAllCores]) {
    await requireCanceled(gateway.port, orderCount);
  }
  await Promise.all(contenders.map(({ server }) => server.stop()));
  return rowsOf(contenders);
}

/** With as many resting orders as it will be asked to cancel. */
async function gatewayContender(server: ServerProcess, orderCount: number): Promise<Contender> {
  const orders = new RestingOrders(server.port);
  await orders.place(orderCount);
  await server.settled();
  return contender(server, (count) => orders.take(count), { isGateway: true });
}

function contender(
  server: ServerProcess,
  take: Contender["take"],
  { isGateway = false } = {},
): Contender {
  return { isGateway, server, take, rounds: [] };
}

async function runRound({ isGateway, server, take }: Contender): Promise<Round> {
  const orderNos = take(cancelsPerRound);
  const cpuBeforeMs = server.cpuMs() ?? 0;
  const result = await cancelSingly(server.port, orderNos);
  let archiveLag = 0;
  if (isGateway) {
    archiveLag = await server.metric("countermand_unarchived_reports");
    await server.settled();
  }
  const cpuUs = (1000 * ((server.cpuMs() ?? 0) - cpuBeforeMs)) / result.count;
  return { ...result, cpuUs, archiveLag };
}

async function requireCanceled(port: number, orderCount: number): Promise<void> {
  const closed = await queryOrders(
    port,
    `order_status=can&page_index=1&page_size=${CHECKED_ORDERS}`,
  );
  if (closed.total_records !== orderCount) {
    throw new Error(`${orderCount} orders were cancelled, the query shows ${closed.total_records}`);
  }
  for (const { order_no } of closed.orders) {
    const { orders } = await queryOrders(port, `order_no=${order_no}`);
    if (orders[0]?.order_status !== "can") throw new Error(`order ${order_no} is not cancelled`);
  }
}

function rowsOf(contenders: readonly Contender[]): Row[] {
  const [bare, gateway, composite, spread] = contenders.map(summaryOf);
  if (!(bare && gateway && composite && spread)) throw new Error("there are four contenders");
  return [
    row("signed cancels over HTTP, 64 connections", gateway.text, {
      peer: `bare node:http + HMAC: ${bare.text}`,
      ...atLeast(gateway.perSecond / bare.perSecond, 0.5),
    }),
    row("the same against the composite floor", gateway.text, {
      peer: `node:http + HMAC + cancel + flush: ${composite.text}`,
      ...atLeast(gateway.perSecond / composite.perSecond, 0.8),
    }),
    row("the same with the gateway on all cores", spread.text, {
      peer: "composite as above, one core",
      ...atLeast(spread.perSecond / composite.perSecond, 1.3),
    }),
    row("archive behind, when the last cancel was answered", `${thousands(gateway.lag)} reports`),
  ];
}

function summaryOf({ rounds }: Contender) {
  const middle = (value: (round: Round) => number): number => median(rounds.map(value));
  const perSecond = middle((round) => round.perSecond);
  const percentiles = [
    middle((round) => round.p50Ms),
    middle((round) => round.p99Ms),
    middle((round) => round.p999Ms),
  ];
  const cpuUs = Math.round(middle((round) => round.cpuUs));
  const latency = percentiles.map((ms) => ms.toFixed(1)).join(" / ");
  const text = `${thousands(perSecond)}/s, ${latency} ms, ${cpuUs} µs CPU`;
  return { perSecond, lag: middle((round) => round.archiveLag), text };
}

/** Numbers of the composite floor's orders; the bare one takes any. */
function numbersFrom(first: number): (count: number) => readonly string[] {
  let next = first;
  return (count) => {
    const from = next;
    next += count;
    return Array.from({ length: count }, (_, n) => String(from + n));
  };
}

/**
 * Question: what do batches and the socket gain over single requests, and what do new orders cost?
 *
 * Servers on the same core take turns, round by round: the gateway over HTTP, 64 connections, one
 * request outstanding on each; over one socket for each of two accounts, 32 commands outstanding on
 * each; and beside them the composite floor and the WebSocket library alone. Rates are orders, not
 * requests. Medians of the rounds.
 *
 * Run: `npx node bench/trade-rates.ts [orders per round] [rounds]`.
 */
import { join } from "node:path";
import { FLOOR_FIRST_ORDER_NO } from "./floor-server.ts";
import { type LoadResult, runLoad } from "./http-load.ts";
import { atLeast, median, type Row, report, row, thousands } from "./report.ts";
import { pinLoad, ServerProcess, workFolder } from "./server-process.ts";
import { FrameSocket, runSocketLoad } from "./socket-load.ts";
import {
  BENCH_KEYS,
  type BenchKey,
  cancelSingly,
  orderJson,
  placeRequest,
  RestingOrders,
  signedHandshake,
} from "./trade-requests.ts";

const SOCKET_DEPTH = 32;
const SOCKET_GAIN = 3;
const BATCH_GAIN = 3;

interface Contender {
  readonly name: ContenderName;
  readonly server: ServerProcess;
  /** Does so many orders. */
  readonly run: (orderCount: number) => Promise<LoadResult>;
  readonly rounds: Round[];
}

interface Round {
  /** Orders per second, and processor time of the server for each. */
  readonly perSecond: number;
  readonly cpuUs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
}

type ContenderName =
  | "composite"
  | "echo"
  | "cancels"
  | "cancelBatches"
  | "socketCancels"
  | "places"
  | "placeBatches"
  | "socketPlaces";

/** Ids are never used again, not even by another load. */
let usedIds = 0;

pinLoad();
const ordersPerRound = Number(process.argv[2] ?? 10_000);
const roundCount = Number(process.argv[3] ?? 5);
report(await measure());

async function measure(): Promise<Row[]> {
  // One round more, to warm up: it does not count.
  const orderCount = ordersPerRound * (roundCount + 1);
  const file = join(workFolder(), "composite");
  const composite = await ServerProcess.floor("composite", file, String(orderCount));
  const echo = await ServerProcess.floor("echo");
  const gateway = await ServerProcess.gateway(workFolder());
  const contenders = [
    { name: "composite", server: composite, run: floorCancels(composite.port), rounds: [] },
    { name: "echo", server: echo, run: await echoes(echo.port), rounds: [] },
    ...(await overHttp(gateway, orderCount)),
    ...(await overSockets(gateway, orderCount)),
  ] satisfies Contender[];
  for (let round = 0; round <= roundCount; round += 1) {
    for (const contender of contenders) {
      await gateway.settled();
      const result = await runRound(contender, gateway);
      if (round > 0) contender.rounds.push(result);
    }
  }
  await Promise.all([composite.stop(), echo.stop(), gateway.stop()]);
  return rowsOf(contenders);
}

async function runRound({ server, run }: Contender, gateway: ServerProcess): Promise<Round> {
  const cpuBeforeMs = server.cpuMs() ?? 0;
  const result = await run(ordersPerRound);
  if (server === gateway) await gateway.settled();
  const cpuUs = (1000 * ((server.cpuMs() ?? 0) - cpuBeforeMs)) / ordersPerRound;
  return { ...result, perSecond: ordersPerRound / result.seconds, cpuUs };
}

async function overHttp(server: ServerProcess, orderCount: number): Promise<Contender[]> {
  const { port } = server;
  const stock = new RestingOrders(port, { prefix: "http" });
  await stock.place(2 * orderCount);
  const filled = new RestingOrders(port, { prefix: "batch" });
  let placed = 0;
  const places = (count: number): Promise<LoadResult> => {
    const requests = Array.from({ length: count }, () => placeRequest(placed++, "single"));
    return runLoad(port, {
      count,
      request: (index) => requests[index] ?? Buffer.alloc(0),
      answered: (_index, { status, body }) => {
        if (status !== 200) throw new Error(`expected an order: ${status} ${body}`);
      },
    });
  };
  return [
    {
      name: "cancels",
      server,
      run: (count) => cancelSingly(port, stock.take(count)),
      rounds: [],
    },
    { name: "cancelBatches", server, run: (count) => stock.cancelInBatches(count), rounds: [] },
    { name: "places", server, run: places, rounds: [] },
    { name: "placeBatches", server, run: (count) => filled.place(count), rounds: [] },
  ];
}

async function overSockets(server: ServerProcess, orderCount: number): Promise<Contender[]> {
  const { port } = server;
  const sockets = await openSockets(port, "commands=1");
  const stocks: RestingOrders[] = [];
  for (const [at, key] of BENCH_KEYS.entries()) {
    const stock = new RestingOrders(port, { prefix: `socket-${at}`, key });
    await stock.place(Math.ceil(orderCount / BENCH_KEYS.length));
    stocks.push(stock);
  }
  const cancels = (index: number): string => {
    const [orderNo] = stocks[index % stocks.length]?.take(1) ?? [];
    return `"op":"cancel","data":{"order_no":"${orderNo}"}`;
  };
  let placed = 0;
  const places = (): string => `"op":"place","data":${orderJson(placed++, "socket")}`;
  return [
    { name: "socketCancels", server, run: commands(sockets, cancels), rounds: [] },
    { name: "socketPlaces", server, run: commands(sockets, places), rounds: [] },
  ];
}

async function echoes(port: number): Promise<Contender["run"]> {
  const sockets = await openSockets(port, "");
  const command = '"op":"cancel","data":{"order_no":"22000000001"}';
  return commands(sockets, () => command);
}

function openSockets(port: number, query: string): Promise<FrameSocket[]> {
  return Promise.all(
    BENCH_KEYS.map((key: BenchKey) => FrameSocket.open(port, signedHandshake(query, key))),
  );
}

/** An id says which message of its load it is of. */
function commands(
  sockets: readonly FrameSocket[],
  command: (index: number) => string,
): Contender["run"] {
  return (count) => {
    usedIds = count * Math.ceil(usedIds / count);
    const firstId = usedIds;
    usedIds += count;
    return runSocketLoad(
      sockets,
      {
        count,
        message: (index) => `{"id":"${firstId + index}",${command(index)}}`,
        answered: (_index, text) => {
          if (!text.includes('"code":0')) throw new Error(`expected a success: ${text}`);
        },
      },
      SOCKET_DEPTH,
    );
  };
}

/** Numbers of the floor's own orders. */
function floorCancels(port: number): Contender["run"] {
  let next = FLOOR_FIRST_ORDER_NO;
  return (count) => {
    const from = next;
    next += count;
    const orderNos = Array.from({ length: count }, (_, n) => String(from + n));
    return cancelSingly(port, orderNos);
  };
}

function rowsOf(contenders: readonly Contender[]): Row[] {
  const of = (name: ContenderName) => {
    const found = contenders.find((contender) => contender.name === name);
    if (found === undefined) throw new Error(`no contender ${name}`);
    return summaryOf(found.rounds);
  };
  const [composite, echo, cancels, places] = [
    of("composite"),
    of("echo"),
    of("cancels"),
    of("places"),
  ];
  const compare = (name: ContenderName, peer: string, than: Summary, target?: number) => {
    const one = of(name);
    const ratio = one.perSecond / than.perSecond;
    const judged = target === undefined ? { ratio: ratio.toFixed(2) } : atLeast(ratio, target);
    return [one.text, { peer: `${peer}: ${than.text}`, ...judged }] as const;
  };
  const floor = "node:http + HMAC + cancel + flush";
  return [
    row("cancels over HTTP, 64 connections", ...compare("cancels", floor, composite)),
    row("new orders over HTTP", ...compare("places", floor, composite)),
    row(
      "cancels in batches of five",
      ...compare("cancelBatches", "one by one", cancels, BATCH_GAIN),
    ),
    row(
      "new orders in batches of five",
      ...compare("placeBatches", "one by one", places, BATCH_GAIN),
    ),
    row("cancels over the socket", ...compare("socketCancels", "over HTTP", cancels, SOCKET_GAIN)),
    row("the same against ws alone", ...compare("socketCancels", "push and reply of ws", echo)),
    row("new orders over the socket", ...compare("socketPlaces", "over HTTP", places, SOCKET_GAIN)),
  ];
}

interface Summary {
  readonly perSecond: number;
  readonly text: string;
}

function summaryOf(rounds: readonly Round[]): Summary {
  const middle = (value: (round: Round) => number): number => median(rounds.map(value));
  const perSecond = middle((round) => round.perSecond);
  const latency = [
    middle((round) => round.p50Ms),
    middle((round) => round.p99Ms),
    middle((round) => round.p999Ms),
  ].map((ms) => ms.toFixed(1));
  const cpuUs = Math.round(middle((round) => round.cpuUs));
  return {
    perSecond,
    text: `${thousands(perSecond)}/s, ${latency.join(" / ")} ms, ${cpuUs} µs CPU`,
  };
}

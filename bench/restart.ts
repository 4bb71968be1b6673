/**
 * Question: how soon is the gateway ready again after SIGKILL?
 *
 * Fills a gateway over HTTP, kills it, and takes the time from the start of the new process to its
 * `ready` line: with its snapshots, and once without any, so that the whole journal is replayed.
 * Then the same with a longer history behind the same open orders. As it is installed from its
 * package, which is made first, and beside it from the sources, in turns. Not pinned: a start has
 * the machine.
 *
 * Run: `npx node bench/restart.ts [open orders] [events of the longer history] [starts]`.
 */
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { atMost, median, type Row, report, row, thousands } from "./report.ts";
import { ServerProcess, workFolder } from "./server-process.ts";
import { RestingOrders } from "./trade-requests.ts";

const ROOT = join(import.meta.dirname, "..");
const PACKAGED = join(ROOT, "build", "staged", "gateway", "dist", "main.js");
const SOURCES = join(ROOT, "packages", "gateway", "src", "main.ts");

/** Orders placed and cancelled before the archive is waited for. */
const PART_ORDERS = 50_000;

/** Milliseconds to the ready line, by how the gateway was installed. */
interface ReadyTimes {
  readonly packaged: number;
  readonly sources: number;
}

const openCount = Number(process.argv[2] ?? 100_000);
const longEventCount = Number(process.argv[3] ?? 1_000_000);
const startCount = Number(process.argv[4] ?? 3);
report(await measure());

async function measure(): Promise<Row[]> {
  makePackages();
  const dataDir = workFolder();
  const empty = await readyTimes(workFolder(), { openCount: 0 });
  const first = await ServerProcess.gateway(dataDir, { pinned: false });
  const orders = new RestingOrders(first.port);
  await orders.place(openCount);
  const eventCount = await eventsOf(first);
  await first.settled();
  await first.kill();
  const ready = await readyTimes(dataDir);
  const withoutSnapshot = await readyTimes(dataDir, { hasSnapshot: false });

  const second = await ServerProcess.gateway(dataDir, { pinned: false });
  const more = await lengthen(second, longEventCount - eventCount);
  await second.kill();
  const longReady = await readyTimes(dataDir);
  const longWithout = await readyTimes(dataDir, { hasSnapshot: false });
  const longEvents = eventCount + more;
  const replayed = (events: number, { packaged }: ReadyTimes): string => {
    return `checked and replayed ${thousands(events / ((packaged - empty.packaged) / 1000))} events/s`;
  };
  return [
    readyRow("ready with an empty journal", empty),
    readyRow(
      `ready after SIGKILL, ${thousands(openCount)} open orders, ${thousands(eventCount)} events`,
      ready,
      { secondsMax: 2 },
    ),
    readyRow("the same without a snapshot", withoutSnapshot, {
      note: replayed(eventCount, withoutSnapshot),
      secondsMax: 2,
    }),
    readyRow(
      `ready after SIGKILL, ${thousands(openCount)} open orders, ${thousands(longEvents)} events`,
      longReady,
      { secondsMax: 1 },
    ),
    readyRow("the same without a snapshot", longWithout, {
      note: replayed(longEvents, longWithout),
      secondsMax: 5,
    }),
  ];
}

function readyRow(
  name: string,
  { packaged, sources }: ReadyTimes,
  { note = "", secondsMax = Number.POSITIVE_INFINITY } = {},
): Row {
  const fromSources = `from the sources: ${seconds(sources)} s`;
  return row(name, `${seconds(packaged)} s`, {
    peer: note === "" ? fromSources : `${fromSources}; ${note}`,
    ...(Number.isFinite(secondsMax) && atMost(packaged / 1000, secondsMax, " s")),
  });
}

function makePackages(): void {
  const { status, error } = spawnSync(process.execPath, [join(ROOT, "tools", "pack.ts")], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (status !== 0) throw error ?? new Error(`the packages were not made: ${status}`);
}

/** Places and cancels orders until about so many events more are durable. How many they became. */
async function lengthen(server: ServerProcess, eventCount: number): Promise<number> {
  const orders = new RestingOrders(server.port, { prefix: "later" });
  const before = await eventsOf(server);
  for (;;) {
    const made = (await eventsOf(server)) - before;
    if (made >= eventCount) return made;
    await orders.place(PART_ORDERS);
    await orders.cancelInBatches(PART_ORDERS);
    await server.settled();
  }
}

async function eventsOf(server: ServerProcess): Promise<number> {
  return await server.metric("countermand_commit_events_sum");
}

/** Medians of several starts, each ended by SIGKILL. The first of each form compiles its code. */
async function readyTimes(
  dataDir: string,
  { hasSnapshot = true, openCount: expected = openCount } = {},
): Promise<ReadyTimes> {
  const packaged: number[] = [];
  const sources: number[] = [];
  for (let start = 0; start <= startCount; start += 1) {
    for (const [entry, times] of [
      [PACKAGED, packaged],
      [SOURCES, sources],
    ] as const) {
      if (!hasSnapshot) rmSync(join(dataDir, "snapshots"), { recursive: true, force: true });
      const ms = await readyTime(dataDir, entry, expected);
      if (start > 0) times.push(ms);
    }
  }
  return { packaged: median(packaged), sources: median(sources) };
}

async function readyTime(dataDir: string, entry: string, expected: number): Promise<number> {
  const server = await ServerProcess.gateway(dataDir, { pinned: false, entry });
  const found = await server.metric("countermand_open_orders");
  await server.kill();
  if (found !== expected) throw new Error(`${expected} orders were open, now there are ${found}`);
  return server.readyMs;
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(2);
}

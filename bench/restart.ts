/**
 * Question: how soon is the gateway ready again after SIGKILL?
 *
 * Fills a gateway over HTTP, kills it, and takes the time from the start of the new process to its
 * `ready` line: with its snapshots, and once without any, so that the whole journal is replayed.
 * Then the same with a longer history behind the same open orders. Not pinned: a start has the
 * machine.
 *
 * Run: `node bench/restart.ts [open orders] [events of the longer history] [starts]`.
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { atMost, median, type Row, report, row, thousands } from "./report.ts";
import { ServerProcess, workFolder } from "./server-process.ts";
import { RestingOrders } from "./trade-requests.ts";

/** Orders placed and cancelled before the archive is waited for. */
const PART_ORDERS = 50_000;

const openCount = Number(process.argv[2] ?? 100_000);
const longEventCount = Number(process.argv[3] ?? 1_000_000);
const startCount = Number(process.argv[4] ?? 3);
report(await measure());

async function measure(): Promise<Row[]> {
  const dataDir = workFolder();
  const first = await ServerProcess.gateway(dataDir, { pinned: false });
  const emptyMs = first.readyMs;
  const orders = new RestingOrders(first.port);
  await orders.place(openCount);
  const eventCount = await eventsOf(first);
  await first.settled();
  await first.kill();
  const ready = await readyTimes(dataDir);
  const withoutSnapshot = await readyWithoutSnapshot(dataDir);

  const second = await ServerProcess.gateway(dataDir, { pinned: false });
  const more = await lengthen(second, longEventCount - eventCount);
  await second.kill();
  const longReady = await readyTimes(dataDir);
  const longWithout = await readyWithoutSnapshot(dataDir);
  const replay = (events: number, ms: number): string => {
    return `${thousands(events / ((ms - emptyMs) / 1000))} events/s`;
  };
  const longEvents = eventCount + more;
  return [
    row(
      `ready after SIGKILL, ${thousands(openCount)} open orders`,
      `${seconds(ready)} s of ${thousands(eventCount)} events`,
      { peer: `an empty journal: ${seconds(emptyMs)} s`, ...atMost(ready / 1000, 2, " s") },
    ),
    row("the same without a snapshot", `${seconds(withoutSnapshot)} s`, {
      peer: `checked and replayed: ${replay(eventCount, withoutSnapshot)}`,
      ...atMost(withoutSnapshot / 1000, 2, " s"),
    }),
    row(`ready after SIGKILL, ${thousands(longEvents)} events`, `${seconds(longReady)} s`, {
      peer: `with ${thousands(openCount)} open orders`,
      ...atMost(longReady / 1000, 1, " s"),
    }),
    row("the same without a snapshot", `${seconds(longWithout)} s`, {
      peer: `checked and replayed: ${replay(longEvents, longWithout)}`,
      ...atMost(longWithout / 1000, 5, " s"),
    }),
  ];
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

/** The median of several starts, each ended by SIGKILL. */
async function readyTimes(dataDir: string): Promise<number> {
  const times: number[] = [];
  for (let start = 0; start < startCount; start += 1) times.push(await readyTime(dataDir));
  return median(times);
}

async function readyWithoutSnapshot(dataDir: string): Promise<number> {
  rmSync(join(dataDir, "snapshots"), { recursive: true, force: true });
  return await readyTime(dataDir);
}

async function readyTime(dataDir: string): Promise<number> {
  const server = await ServerProcess.gateway(dataDir, { pinned: false });
  const found = await server.metric("countermand_open_orders");
  await server.kill();
  if (found !== openCount) throw new Error(`${openCount} orders were open, now there are ${found}`);
  return server.readyMs;
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(2);
}

/** One reader stops reading: it is closed and can resume, and nobody else notices. */
import { readFileSync } from "node:fs";
import { atMost, CannotRun, none, type Proof, reported } from "../../test/e2e/crash/proof.ts";
import { KEY_1, SignedClient } from "../../test/e2e/signed-client.ts";
import { ServerProcess, workFolder } from "../server-process.ts";
import { LightStream, openMany, untilTrue } from "./light-stream.ts";
import { ORDER, OrderFlow } from "./orders.ts";

const READERS = 20;
const MEMORY_MB_MAX = 5;
/** 10 s behind the stream, and two looks, a second apart each. */
const CLOSED_SECONDS_MAX = 12;
/** In which the system's own buffers fill, too: a few megabytes each way. */
const PATIENCE_MS = 180_000;
const LOOK_MS = 100;

export const SLOW_READER: Proof = {
  name: "slow-reader",
  about: "a reader that stops is closed, costs little, disturbs nobody, and resumes without a gap",
  run: async ({ isLong, progress }) => {
    if (process.platform !== "linux")
      throw new CannotRun("queues are read from /proc, as on Linux");
    const gateway = await ServerProcess.gateway(workFolder(), {
      pinned: false,
      args: ["--expose-gc"],
    });
    const { port } = gateway;
    const readers = await openMany(READERS, () => ({ port, key: KEY_1, afterSeq: 0 }));
    const seconds = isLong ? 30 : 10;
    progress("all read");
    await phase(gateway, readers, seconds);
    const alone = await phase(gateway, readers, seconds);
    progress("one does not");
    const stopped = await LightStream.open({ port, key: KEY_1, afterSeq: null });
    stopped.socket.pause();
    const end = watchEnd(gateway, stopped.socket.localPort ?? 0);
    const beside = await phase(gateway, readers, seconds, () => end.closedMs !== null);
    end.stop();
    stopped.socket.resume();
    await stopped.closed;
    const latest = readers[0]?.lastSeq ?? 0;
    const missedFrom = stopped.lastSeq ?? 0;
    const resumed = await LightStream.open({ port, key: KEY_1, afterSeq: missedFrom });
    await untilTrue("the end of what was missed", () => resumed.lastSeq === latest);
    const all = [...readers, stopped, resumed];
    const faults = all.reduce((sum, { faultCount }) => sum + faultCount, 0);
    for (const stream of [...readers, resumed]) stream.destroy();
    await gateway.stop();
    const closing = stopped.closeCode;
    const isRight = closing === 1013 || closing === null;
    return [
      reported(
        "events before it stopped, and after it resumed",
        `${stopped.orderCount} and ${resumed.orderCount}`,
      ),
      atMost(
        "closed, from when its network took no more",
        (end.closedMs ?? PATIENCE_MS) / 1_000,
        CLOSED_SECONDS_MAX,
        "s",
      ),
      { what: "close code", figure: String(closing), target: "1013, or cut", holds: isRight },
      atMost("memory it cost, after a collection", beside.mb - alone.mb, MEMORY_MB_MAX, "MB"),
      reported("order to push of the others, p99, without it", `${alone.p99Ms.toFixed(1)} ms`),
      atMost("the same, with it", beside.p99Ms, Math.max(1.5 * alone.p99Ms, 5), "ms"),
      none("events left out or told twice", faults),
    ];
  },
};

interface Phase {
  readonly mb: number;
  readonly p99Ms: number;
}

/** Orders flow; one at a time is timed from its request to the last reader's push. */
async function phase(
  gateway: ServerProcess,
  readers: readonly LightStream[],
  seconds: number,
  isDone: () => boolean = () => true,
): Promise<Phase> {
  const url = `http://127.0.0.1:${gateway.port}`;
  const flow = new OrderFlow(url, KEY_1, 4);
  const client = new SignedClient(url, KEY_1, 1);
  const times: number[] = [];
  let mb = 0;
  const startedMs = performance.now();
  const lasts = (): number => performance.now() - startedMs;
  let nextLookMs = 0;
  while (lasts() < seconds * 1_000 || (!isDone() && lasts() < PATIENCE_MS)) {
    const before = Math.max(...readers.map(({ lastSeq }) => lastSeq ?? 0));
    const sentMs = performance.now();
    const orderNo = await client.place(ORDER);
    await untilTrue("the push", () => readers.every(({ lastSeq }) => (lastSeq ?? 0) > before));
    times.push(performance.now() - sentMs);
    // Else the account's cash is held by ten thousand of them before the phase is over.
    await client.call("DELETE", "/trade/v1/orders", { order_no: orderNo });
    if (lasts() < nextLookMs) continue;
    nextLookMs = lasts() + 1_000;
    const { heapUsed, external } = await gateway.memory();
    mb = Math.max(mb, (heapUsed + external) / 2 ** 20);
  }
  await flow.stop();
  client.close();
  await untilTrue(
    "all readers alike",
    () => new Set(readers.map(({ lastSeq }) => lastSeq)).size === 1,
  );
  times.sort((a, b) => a - b);
  return { mb, p99Ms: times[Math.floor(times.length * 0.99)] ?? Number.NaN };
}

/** From the last time that the network took something for this client until it was closed. */
function watchEnd(gateway: ServerProcess, clientPort: number) {
  let queued = 0;
  let fullSinceMs = performance.now();
  const end = { closedMs: null as number | null, stop: () => clearInterval(timer) };
  const timer = setInterval(async () => {
    const now = queuedBytes(gateway.port, clientPort);
    if (now !== null && now > queued) {
      queued = now;
      fullSinceMs = performance.now();
    }
    if ((await gateway.metric("countermand_slow_readers_total")) === 0) return;
    clearInterval(timer);
    end.closedMs ??= performance.now() - fullSinceMs;
  }, LOOK_MS);
  return end;
}

/** Bytes that the server's side of a connection has handed over and nobody has read; null: gone. */
function queuedBytes(serverPort: number, clientPort: number): number | null {
  const hex = (port: number): string => port.toString(16).toUpperCase().padStart(4, "0");
  const row = new RegExp(`:${hex(serverPort)} [0-9A-F]+:${hex(clientPort)} [0-9A-F]+ ([0-9A-F]+):`);
  const found = row.exec(readFileSync("/proc/net/tcp", "latin1"))?.[1];
  return found === undefined ? null : Number.parseInt(found, 16);
}

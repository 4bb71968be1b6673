/**
 * Question: what share of bare `ws` does the order stream reach when an event goes to many sockets?
 *
 * Two servers on the same core take turns. The gateway is sent orders, and each order's event goes
 * to every socket of its account: in bursts (batches of five, eight of them under way), and one
 * order after the other. The floor is `ws` alone, told by requests of the same number to send
 * messages of the same length to as many sockets. What reads them counts frames and looks at
 * nothing else, so that the server is what is measured. Heartbeats are counted with them: they are
 * few. One order after the other waits for the disk in between; what counts there is the time from
 * the first socket's message to the last one's.
 *
 * Run: `npx node bench/fan-out.ts [sockets] [events of a round] [rounds]`.
 */
import { connect, type Socket } from "node:net";
import { STREAM_PATH } from "../packages/contract/src/index.ts";
import { FrameCounter } from "./frame-counter.ts";
import { expectAccepted, type HttpAnswer, runLoad } from "./http-load.ts";
import { atLeast, median, type Row, report, row, thousands } from "./report.ts";
import { pinLoad, ServerProcess, workFolder } from "./server-process.ts";
import { placeRequest, RestingOrders, signedRequest } from "./trade-requests.ts";

/** How events come: requests outstanding, and events of each. */
const PACES = [
  { name: "in bursts", requests: 8, batch: 5 },
  { name: "one at a time", requests: 1, batch: 1 },
] as const;
type Pace = (typeof PACES)[number];
const SHARE_MIN = 0.8;

interface Side {
  readonly server: ServerProcess;
  readonly sockets: readonly Socket[];
  readonly frames: FrameCounter;
  /** Whether work follows that the other's round must not be held up by. */
  readonly settles: boolean;
  /** Causes so many events; resolves when they were answered. */
  readonly cause: (eventCount: number, pace: Pace) => Promise<void>;
}

interface Rounds {
  readonly perSecond: number[];
  readonly cpuUs: number[];
}

pinLoad();
const socketCount = Number(process.argv[2] ?? 500);
const eventCount = Number(process.argv[3] ?? 500);
const roundCount = Number(process.argv[4] ?? 7);
report(await measure());

async function measure(): Promise<Row[]> {
  const gateway = await openGateway();
  const messageBytes = await messageLength(gateway);
  const bare = await openBare(messageBytes);
  const rows: Row[] = [];
  for (const pace of PACES) {
    const [ours, theirs] = await runRounds(gateway, bare, pace);
    const figure = `order events to ${thousands(socketCount)} sockets, ${pace.name}`;
    rows.push(
      row(figure, `${textOf(ours)}, ${messageBytes} bytes`, {
        peer: `bare ws: ${textOf(theirs)}`,
        ...atLeast(median(ours.perSecond) / median(theirs.perSecond), SHARE_MIN),
      }),
    );
  }
  for (const { sockets } of [gateway, bare]) for (const socket of sockets) socket.destroy();
  await Promise.all([gateway.server.stop(), bare.server.stop()]);
  return rows;
}

async function runRounds(gateway: Side, bare: Side, pace: Pace): Promise<[Rounds, Rounds]> {
  const ours: Rounds = { perSecond: [], cpuUs: [] };
  const theirs: Rounds = { perSecond: [], cpuUs: [] };
  for (let round = 0; round <= roundCount; round += 1) {
    await runRound(gateway, pace, round > 0 ? ours : null);
    await runRound(bare, pace, round > 0 ? theirs : null);
  }
  return [ours, theirs];
}

function textOf({ perSecond, cpuUs }: Rounds): string {
  return `${thousands(median(perSecond))} messages/s, ${median(cpuUs).toFixed(1)} µs CPU each`;
}

async function openGateway(): Promise<Side> {
  const server = await ServerProcess.gateway(workFolder());
  const orders = new RestingOrders(server.port, { prefix: "fan" });
  // What is signed says CONNECT, what is sent says GET.
  const handshake = () => {
    const signed = signedRequest("CONNECT", STREAM_PATH, "").toString("latin1");
    return Buffer.from(signed.replace("CONNECT", "GET"), "latin1");
  };
  let placedSingly = 0;
  return await openSide(server, handshake, true, async (count, { batch, requests }) => {
    if (batch > 1) {
      await orders.place(count, requests);
    } else {
      const first = placedSingly;
      placedSingly += count;
      const request = (index: number) => placeRequest(first + index, "single");
      const answered = (_index: number, { status, body }: HttpAnswer) => {
        if (status !== 200) throw new Error(`an order: ${status} ${body}`);
      };
      await runLoad(server.port, { count, request, answered }, requests);
    }
  });
}

async function openBare(messageBytes: number): Promise<Side> {
  const server = await ServerProcess.floor("fan-out", String(messageBytes));
  const handshake = () => Buffer.from("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
  return await openSide(server, handshake, false, async (count, { batch, requests }) => {
    const head = `POST /${batch} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n\r\n`;
    const send = Buffer.from(head);
    const answered = (_index: number, answer: HttpAnswer) => expectAccepted(answer);
    const script = { count: Math.ceil(count / batch), request: () => send, answered };
    await runLoad(server.port, script, requests);
  });
}

async function openSide(
  server: ServerProcess,
  handshake: () => Buffer,
  settles: boolean,
  cause: Side["cause"],
): Promise<Side> {
  const frames = new FrameCounter(socketCount);
  const sockets: Socket[] = [];
  for (let n = 0; n < socketCount; n += 1) {
    sockets.push(await openSocket(server.port, handshake(), frames));
  }
  return { server, sockets, frames, settles, cause };
}

/** Bytes of an event as it is pushed, from one order. */
async function messageLength({ frames, cause }: Side): Promise<number> {
  const before = { count: frames.textCount, bytes: frames.textBytes };
  await cause(1, PACES[1]);
  await frames.reached(before.count + socketCount);
  return Math.round((frames.textBytes - before.bytes) / (frames.textCount - before.count));
}

async function runRound(side: Side, pace: Pace, rounds: Rounds | null): Promise<void> {
  const { server, frames, cause } = side;
  const messageCount = eventCount * socketCount;
  const due = frames.textCount + messageCount;
  const cpuBeforeMs = server.cpuMs() ?? 0;
  const startedMs = performance.now();
  const spreadBeforeMs = frames.spreadMs;
  const caused = cause(eventCount, pace);
  await frames.reached(due);
  const tookMs = performance.now() - startedMs;
  await caused;
  const cpuMs = (server.cpuMs() ?? 0) - cpuBeforeMs;
  if (side.settles) await server.archived();
  if (rounds === null) return;
  const ms = pace.batch > 1 ? tookMs : frames.spreadMs - spreadBeforeMs;
  rounds.perSecond.push((1000 * messageCount) / ms);
  rounds.cpuUs.push((1000 * cpuMs) / messageCount);
}

function openSocket(port: number, request: Buffer, frames: FrameCounter): Promise<Socket> {
  const upgrade =
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";
  const text = `${request.toString("latin1").slice(0, -"\r\n".length)}${upgrade}`;
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(text, "latin1"));
    let head = "";
    const onHead = (bytes: Buffer): void => {
      head += bytes.toString("latin1");
      const end = head.indexOf("\r\n\r\n");
      if (end < 0) return;
      if (!head.startsWith("HTTP/1.1 101")) {
        reject(new Error(head));
        return;
      }
      socket.off("data", onHead);
      const take = frames.reader();
      socket.on("data", take);
      take(Buffer.from(head.slice(end + 4), "latin1"));
      resolve(socket);
    };
    socket.setNoDelay(true).on("data", onHead).once("error", reject);
  });
}

/** The same for hours: memory does not grow, answers stay quick, nothing fails. */
import type { Socket } from "node:net";
import { atMost, type Figure, none, type Proof, reported } from "../../test/e2e/crash/proof.ts";
import { type HttpAnswer, LatencyHistogram, onAnswer, openSocket } from "../http-load.ts";
import { ServerProcess, workFolder } from "../server-process.ts";
import { cancelRequest, placeRequest } from "../trade-requests.ts";

const ORDERS_PER_SECOND = 500;
/** Each is cancelled in its turn. */
const REQUESTS_PER_MS = (2 * ORDERS_PER_SECOND) / 1_000;
const CONNECTIONS = 64;
/** Orders that rest at a time. */
const OPEN_ORDERS = 2_000;
const LOOK_MS = 10_000;
const TICK_MS = 2;
/** Writes are remembered for five minutes: until then memory grows with every one. */
const WARM_HOURS = 6 / 60;
const SLOPE_MB_MAX = 1;
const SLOPE_MINUTES_MIN = 10;
const P99_MS_MAX = 50;

export const SOAK: Proof = {
  name: "soak",
  about: "500 orders a second, placed and cancelled: 8 hours (short: 1 minute; --minutes=N)",
  run: async ({ isLong, minutes, progress }) => {
    const gateway = await ServerProcess.gateway(workFolder(), {
      pinned: false,
      args: ["--expose-gc"],
    });
    const lastMinutes = minutes ?? (isLong ? 480 : 1);
    const flow = await SoakFlow.start(gateway.port);
    const looks: Look[] = [];
    const startedMs = performance.now();
    const endMs = startedMs + lastMinutes * 60_000;
    for (let next = startedMs; performance.now() < endMs; next += LOOK_MS) {
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, next - performance.now())));
      const { heapUsed, external, rss } = await flow.without(() => gateway.memory());
      looks.push({
        hours: (performance.now() - startedMs) / 3_600_000,
        heapMb: (heapUsed + external) / 2 ** 20,
        rssMb: rss / 2 ** 20,
      });
      progress(`${Math.round((performance.now() - startedMs) / 60_000)} of ${lastMinutes} minutes`);
    }
    await flow.stop();
    await gateway.stop();
    const { p50Ms, p99Ms } = flow.latency.percentiles();
    const warm = looks.filter(({ hours }) => hours >= WARM_HOURS);
    const { slope, error } = lineThrough(warm.map(({ hours, heapMb }) => [hours, heapMb] as const));
    return [
      reported("orders placed and cancelled", String(flow.canceledCount)),
      reported("orders a second", (flow.canceledCount / (lastMinutes * 60)).toFixed(0)),
      none("errors", flow.errorCount),
      reported("p50 of all requests, from when they were due", `${p50Ms.toFixed(1)} ms`),
      atMost("p99 of all requests, from when they were due", p99Ms, P99_MS_MAX, "ms"),
      reported(
        "heap, first and last look",
        `${looks[0]?.heapMb.toFixed(1)} and ${looks.at(-1)?.heapMb.toFixed(1)} MB`,
      ),
      reported(
        "memory of the process, first and last look",
        `${warm[0]?.rssMb.toFixed(0)} and ${warm.at(-1)?.rssMb.toFixed(0)} MB`,
      ),
      reported(
        "heap slope, and its standard error",
        `${slope.toFixed(2)} ± ${error.toFixed(2)} MB/h`,
      ),
      ...slopeFigure(lastMinutes, slope, error),
    ];
  },
};

/** What is left when the run cannot tell it from nothing; of a short run nothing can be told. */
function slopeFigure(minutes: number, slope: number, error: number): Figure[] {
  if (minutes < SLOPE_MINUTES_MIN) return [];
  const what = "heap slope beyond twice its error";
  return [atMost(what, Math.max(0, slope - 2 * error), SLOPE_MB_MAX, "MB/h")];
}

interface Look {
  readonly hours: number;
  readonly heapMb: number;
  readonly rssMb: number;
}

/** Sends at a steady pace, whatever the answers do. Every order is cancelled in its turn. */
class SoakFlow {
  readonly latency = new LatencyHistogram();
  canceledCount = 0;
  errorCount = 0;
  readonly #sockets: readonly Socket[];
  readonly #idle: Connection[];
  /** Orders that are open, oldest first. */
  readonly #open: string[] = [];
  #placedCount = 0;
  #dueCount = 0;
  #isOver = false;
  /** When it began, without the pauses since. */
  #startedMs = performance.now();
  #isPaused = false;

  private constructor(sockets: readonly Socket[]) {
    this.#sockets = sockets;
    this.#idle = sockets.map((socket) => this.#connection(socket));
  }

  static async start(port: number): Promise<SoakFlow> {
    const sockets = Array.from({ length: CONNECTIONS }, () => openSocket(port));
    const flow = new SoakFlow(await Promise.all(sockets));
    flow.#tick();
    return flow;
  }

  /**
   * Takes a measurement while nothing is sent: to know what is garbage the server collects all of
   * it, which no gateway does by itself, and which holds up whatever comes meanwhile.
   */
  async without<T>(measure: () => Promise<T>): Promise<T> {
    const pausedMs = performance.now();
    this.#isPaused = true;
    await this.#answeredAll();
    const measured = await measure();
    this.#startedMs += performance.now() - pausedMs;
    this.#isPaused = false;
    return measured;
  }

  /** Resolves when what was sent is answered. */
  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#answeredAll();
    for (const socket of this.#sockets) socket.destroy();
  }

  async #answeredAll(): Promise<void> {
    while (this.#idle.length < this.#sockets.length) {
      await new Promise((resolve) => setTimeout(resolve, TICK_MS));
    }
  }

  #tick(): void {
    if (this.#isOver) return;
    if (!this.#isPaused) this.#sendDue();
    setTimeout(() => this.#tick(), TICK_MS);
  }

  /** What finds all connections busy is sent late; its latency counts from when it was due. */
  #sendDue(): void {
    const nowMs = performance.now();
    for (;;) {
      const dueMs = this.#startedMs + this.#dueCount / REQUESTS_PER_MS;
      // In turns, so that none is idle for so long that the server ends it.
      const connection = dueMs <= nowMs ? this.#idle.shift() : undefined;
      if (connection === undefined) return;
      this.#dueCount += 1;
      this.#send(connection, dueMs);
    }
  }

  /** A place and a cancel in turn. */
  #send(connection: Connection, dueMs: number): void {
    const orderNo =
      this.#dueCount % 2 === 1 && this.#open.length > OPEN_ORDERS ? this.#open.shift() : undefined;
    const isPlace = orderNo === undefined;
    if (isPlace) this.#placedCount += 1;
    const request = isPlace ? placeRequest(this.#placedCount, "soak") : cancelRequest(orderNo);
    connection.isPlace = isPlace;
    connection.dueMs = dueMs;
    connection.socket.write(request);
  }

  #connection(socket: Socket): Connection {
    const connection: Connection = { socket, dueMs: 0, isPlace: false };
    onAnswer(socket, (answer) => {
      this.latency.add(performance.now() - connection.dueMs);
      this.#answered(connection, answer);
      this.#idle.push(connection);
    });
    socket.on("error", () => {
      this.errorCount += 1;
    });
    return connection;
  }

  #answered({ isPlace }: Connection, { status, body }: HttpAnswer): void {
    const orderNo = /"order_no":"(\d+)"/.exec(body)?.[1];
    if (status !== 200) this.errorCount += 1;
    else if (!isPlace) this.canceledCount += 1;
    else if (orderNo === undefined) this.errorCount += 1;
    else this.#open.push(orderNo);
  }
}

interface Connection {
  readonly socket: Socket;
  dueMs: number;
  isPlace: boolean;
}

/** Least squares, and the standard error of the slope. */
function lineThrough(points: readonly (readonly [x: number, y: number])[]): {
  readonly slope: number;
  readonly error: number;
} {
  const count = points.length;
  if (count < 3) return { slope: Number.NaN, error: Number.NaN };
  const mean = (index: 0 | 1): number => points.reduce((sum, each) => sum + each[index], 0) / count;
  const [meanX, meanY] = [mean(0), mean(1)];
  const spread = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  const slope = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / spread;
  const left = points.reduce((sum, [x, y]) => sum + (y - meanY - slope * (x - meanX)) ** 2, 0);
  return { slope, error: Math.sqrt(left / (count - 2) / spread) };
}

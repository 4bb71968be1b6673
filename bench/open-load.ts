/**
 * An open loop: requests are sent when their time has come, however many are unanswered, as many
 * clients do that know nothing of each other. One request outstanding on each connection; one that
 * finds all of them busy is not sent and counts as missed. An answer's time runs from when its
 * request was written.
 */
import type { Socket } from "node:net";
import { LatencyHistogram, onAnswer, openSocket } from "./http-load.ts";

export interface OpenLoadOptions {
  readonly port: number;
  readonly connectionCount: number;
  readonly perSecond: number;
  readonly seconds: number;
  /** The whole request as bytes, made before the clock starts. */
  readonly requests: readonly Buffer[];
}

/** Answers of one HTTP status. */
export interface StatusResult {
  readonly count: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

export interface OpenLoadResult {
  readonly sentPerSecond: number;
  /** Due, but no connection was free. */
  readonly missed: number;
  readonly byStatus: ReadonlyMap<number, StatusResult>;
}

/** Resolves when all is answered that was sent. Rejects when a connection breaks. */
export async function runOpenLoad(options: OpenLoadOptions): Promise<OpenLoadResult> {
  const { port, connectionCount } = options;
  const sockets = await Promise.all(
    Array.from({ length: connectionCount }, () => openSocket(port)),
  );
  try {
    return await new OpenLoad(options, sockets).run();
  } finally {
    for (const socket of sockets) socket.destroy();
  }
}

class OpenLoad {
  readonly #options: OpenLoadOptions;
  readonly #idle: Connection[];
  readonly #byStatus = new Map<
    number,
    { histogram: LatencyHistogram; count: number; maxMs: number }
  >();
  #startedMs = 0;
  #next = 0;
  #sent = 0;
  #answered = 0;
  #lastSentMs = 0;
  #isOver = false;
  #resolve: () => void = () => {};
  #reject: (error: Error) => void = () => {};

  constructor(options: OpenLoadOptions, sockets: readonly Socket[]) {
    this.#options = options;
    this.#idle = sockets.map((socket) => this.#connection(socket));
  }

  async run(): Promise<OpenLoadResult> {
    this.#startedMs = performance.now();
    await new Promise<void>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      this.#tick();
    });
    const seconds = (this.#lastSentMs - this.#startedMs) / 1000;
    const results = [...this.#byStatus].map(([status, { histogram, count, maxMs }]) => {
      const { p50Ms, p99Ms } = histogram.percentiles();
      return [status, { count, p50Ms, p99Ms, maxMs }] as const;
    });
    const missed = this.#next - this.#sent;
    return { sentPerSecond: this.#sent / seconds, missed, byStatus: new Map(results) };
  }

  #tick(): void {
    const nowMs = performance.now();
    const { perSecond, requests, seconds } = this.#options;
    const due = Math.floor((perSecond * (nowMs - this.#startedMs)) / 1000);
    const last = Math.min(requests.length, Math.floor(perSecond * seconds));
    while (this.#next < Math.min(due, last)) this.#send(nowMs);
    this.#isOver = this.#next === last;
    if (!this.#isOver) setImmediate(() => this.#tick());
    else this.#checkDone();
  }

  #send(nowMs: number): void {
    const request = this.#options.requests[this.#next];
    if (request === undefined) throw new Error("there are fewer requests than the rate needs");
    this.#next += 1;
    const connection = this.#idle.pop();
    if (connection === undefined) return;
    this.#sent += 1;
    this.#lastSentMs = nowMs;
    connection.sentMs = performance.now();
    connection.socket.write(request);
  }

  #connection(socket: Socket): Connection {
    const connection: Connection = { socket, sentMs: 0 };
    onAnswer(socket, (answer) => {
      this.#count(answer.status, performance.now() - connection.sentMs);
      this.#idle.push(connection);
      this.#checkDone();
    });
    socket.on("error", (error) => this.#reject(error));
    socket.on("close", () => this.#reject(new Error("the server closed a connection")));
    return connection;
  }

  #count(status: number, ms: number): void {
    const counted = this.#byStatus.get(status) ?? {
      histogram: new LatencyHistogram(),
      count: 0,
      maxMs: 0,
    };
    this.#byStatus.set(status, counted);
    counted.histogram.add(ms);
    counted.count += 1;
    counted.maxMs = Math.max(counted.maxMs, ms);
    this.#answered += 1;
  }

  #checkDone(): void {
    if (this.#isOver && this.#answered === this.#sent) this.#resolve();
  }
}

interface Connection {
  readonly socket: Socket;
  sentMs: number;
}

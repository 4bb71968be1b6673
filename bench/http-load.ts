/**
 * A closed-loop load: a fixed number of keep-alive connections with one request outstanding on
 * each. HTTP/1.1 by hand on bare sockets, because the load must cost far less than what it
 * measures.
 */
import { connect, type Socket } from "node:net";

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

/** What a load sends, and what it makes of the answers. Indices run from 0 to `count` - 1. */
export interface LoadScript {
  readonly count: number;
  /** The whole request as bytes: ready made where its cost must not count. */
  readonly request: (index: number) => Buffer;
  /** Throws unless it is the expected answer; that ends the load. */
  readonly answered: (index: number, answer: HttpAnswer) => void;
}

export interface LoadResult {
  readonly count: number;
  readonly seconds: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
}

/** The figures of docs/benchmarks.md are given for so many connections. */
export const CONNECTIONS = 64;

/** Milliseconds without any answer after which the load gives up. */
const SILENCE_MS_MAX = 60_000;

/**
 * Connects, sends all requests, resolves when the last one is answered. Rejects on any surprise.
 */
export async function runLoad(
  port: number,
  script: LoadScript,
  connectionCount = CONNECTIONS,
): Promise<LoadResult> {
  const count = Math.min(connectionCount, script.count);
  const sockets = await Promise.all(Array.from({ length: count }, () => openSocket(port)));
  try {
    return await new Load(script, sockets).run();
  } finally {
    for (const socket of sockets) socket.destroy();
  }
}

/** One request on a connection of its own. */
export async function sendOnce(port: number, request: Buffer): Promise<HttpAnswer> {
  let given: HttpAnswer | null = null;
  const script = {
    count: 1,
    request: () => request,
    answered: (_index: number, answer: HttpAnswer) => {
      given = answer;
    },
  };
  await runLoad(port, script, 1);
  if (given === null) throw new Error("the request was not answered");
  return given;
}

/** Throws unless the answer is exactly the one of an accepted cancel. */
export function expectAccepted({ status, body }: HttpAnswer): void {
  if (status !== 200 || body !== '{"code":0}')
    throw new Error(`expected {"code":0}: ${status} ${body}`);
}

class Load {
  readonly #script: LoadScript;
  readonly #sockets: readonly Socket[];
  readonly #latencies = new LatencyHistogram();
  #sent = 0;
  #answered = 0;
  #resolve: () => void = () => {};
  #reject: (error: Error) => void = () => {};

  constructor(script: LoadScript, sockets: readonly Socket[]) {
    this.#script = script;
    this.#sockets = sockets;
  }

  async run(): Promise<LoadResult> {
    const { count } = this.#script;
    const silence = this.#watchSilence();
    const startedMs = performance.now();
    await new Promise<void>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      for (const socket of this.#sockets) this.#drive(socket);
    }).finally(() => clearInterval(silence));
    const seconds = (performance.now() - startedMs) / 1000;
    return { count, seconds, perSecond: count / seconds, ...this.#latencies.percentiles() };
  }

  /** Sends on one connection for as long as there is something to send. */
  #drive(socket: Socket): void {
    let index = 0;
    let sentMs = 0;
    const send = (): void => {
      if (this.#sent === this.#script.count) return;
      index = this.#sent;
      this.#sent += 1;
      const request = this.#script.request(index);
      sentMs = performance.now();
      socket.write(request);
    };
    onAnswer(socket, (answer) => {
      this.#latencies.add(performance.now() - sentMs);
      this.#take(index, answer, send);
    });
    socket.on("error", (error) => this.#reject(error));
    socket.on("close", () => this.#reject(new Error("the server closed a connection")));
    send();
  }

  #take(index: number, answer: HttpAnswer, next: () => void): void {
    try {
      this.#script.answered(index, answer);
      this.#answered += 1;
      if (this.#answered === this.#script.count) this.#resolve();
      else next();
    } catch (error) {
      this.#reject(error as Error);
    }
  }

  #watchSilence(): NodeJS.Timeout {
    let seen = 0;
    return setInterval(() => {
      if (this.#answered === seen) this.#reject(new Error(`no answer in ${SILENCE_MS_MAX} ms`));
      seen = this.#answered;
    }, SILENCE_MS_MAX);
  }
}

/** Log-linear: 32 steps for each doubling of microseconds, so that a value is known to 3 %. */
export class LatencyHistogram {
  readonly #counts = new Uint32Array(32 * 28);
  #total = 0;

  add(milliseconds: number): void {
    const us = Math.max(0, Math.round(milliseconds * 1000));
    const exponent = Math.max(4, 31 - Math.clz32(us));
    const slot = us < 32 ? us : (exponent - 4) * 32 + ((us >>> (exponent - 5)) & 31);
    this.#counts[slot] = (this.#counts[slot] ?? 0) + 1;
    this.#total += 1;
  }

  percentiles(): Pick<LoadResult, "p50Ms" | "p99Ms" | "p999Ms"> {
    return { p50Ms: this.#at(0.5), p99Ms: this.#at(0.99), p999Ms: this.#at(0.999) };
  }

  #at(share: number): number {
    const wanted = Math.ceil(this.#total * share);
    let seen = 0;
    for (const [slot, count] of this.#counts.entries()) {
      seen += count;
      if (seen >= wanted) return slotUs(slot) / 1000;
    }
    return 0;
  }
}

/** The middle of the slot, in microseconds. */
function slotUs(slot: number): number {
  if (slot < 32) return slot;
  const exponent = Math.floor(slot / 32) + 4;
  return (32 + (slot % 32) + 0.5) * 2 ** (exponent - 5);
}

export function openSocket(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.off("error", reject);
      resolve(socket);
    });
  });
}

/** Tells each whole answer of a connection that has one request under way at a time. */
export function onAnswer(socket: Socket, answered: (answer: HttpAnswer) => void): void {
  let received = "";
  socket.on("data", (chunk) => {
    received += chunk.toString("latin1");
    const answer = wholeAnswer(received);
    if (answer === null) return;
    received = "";
    answered(answer);
  });
}

const CONTENT_LENGTH = /\r\nContent-Length: (\d+)\r\n/i;

/** Null while the answer is not whole. Bodies here are ASCII: a character is a byte. */
function wholeAnswer(text: string): HttpAnswer | null {
  const headEnd = text.indexOf("\r\n\r\n");
  if (headEnd === -1) return null;
  const length = Number(CONTENT_LENGTH.exec(text)?.[1]);
  if (Number.isNaN(length)) throw new Error(`an answer without Content-Length: ${text}`);
  const body = text.slice(headEnd + 4);
  if (body.length < length) return null;
  return { status: Number(text.slice(9, 12)), body };
}

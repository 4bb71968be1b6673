/** The connections of a load: signed HTTP requests, or commands on a socket. */
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { parseWire, type ServerClock } from "@countermand/client";
import type { Send } from "./load-run.ts";
import type { Sign } from "./sign.ts";
import type { BenchAnswer, BenchRequest, Envelope, Kind } from "./workload.ts";

export interface Connection {
  readonly send: Send;
  close(): void;
}

export interface Target {
  readonly url: string;
  readonly clock: ServerClock;
  readonly sign: Sign;
}

/** Milliseconds until a request counts as not answered. */
const ANSWER_MS_MAX = 10_000;

const PATHS: Readonly<Record<Kind, string>> = {
  place: "/trade/v1/orders",
  cancel: "/trade/v1/orders/cancel",
  place_batch: "/trade/v1/orders/batch",
  cancel_batch: "/trade/v1/orders/cancel/batch",
};

/** One connection that is kept open, with one request at a time. */
export function openHttp({ url, clock, sign }: Target): Connection {
  const isTls = url.startsWith("https:");
  const agent = new (isTls ? HttpsAgent : HttpAgent)({ keepAlive: true, maxSockets: 1 });
  const base = url.replace(/\/+$/, "");
  const send = ({ kind, data }: BenchRequest): Promise<BenchAnswer> => {
    const body = JSON.stringify(data);
    const path = PATHS[kind];
    // Contents differ, so that two requests may carry the same time.
    const parts = { method: "POST", path, timestampMs: clock.nowMs(), payload: body };
    const headers = {
      ...sign(parts),
      "Content-Type": "application/json",
      "Content-Length": Buffer.byteLength(body),
    };
    return new Promise((resolve) => {
      const options = { agent, method: "POST", headers, timeout: ANSWER_MS_MAX };
      const request = (isTls ? httpsRequest : httpRequest)(`${base}${path}`, options);
      request.on("response", (response) => resolve(answerOf(response)));
      request.on("timeout", () => request.destroy(new Error("no answer in time")));
      request.on("error", (error) => resolve({ problem: problemOf(error) }));
      request.end(body);
    });
  };
  return { send, close: () => agent.destroy() };
}

async function answerOf(response: IncomingMessage): Promise<BenchAnswer> {
  try {
    let text = "";
    response.setEncoding("utf8");
    for await (const chunk of response) text += chunk as string;
    return answered(response.statusCode ?? null, text);
  } catch (error) {
    return { problem: problemOf(error) };
  }
}

function answered(httpStatus: number | null, text: string): BenchAnswer {
  try {
    const envelope = parseWire(text) as Envelope;
    if (typeof envelope.code === "number") return { httpStatus, envelope };
  } catch {
    // What follows says it.
  }
  const status = httpStatus === null ? "" : ` with HTTP status ${httpStatus}`;
  return { problem: `an answer that is none of the gateway's${status}` };
}

function problemOf(error: unknown): string {
  const { code, message } = error as { readonly code?: string; readonly message?: string };
  return code ?? message ?? String(error);
}

const SOCKET_PATH = "/ws/trade/v1";
const SOCKET_QUERY = "commands=1&heartbeat=30";
const REPLY = '{"type":"reply"';

type HeaderedWebSocket = new (
  url: string,
  options: { readonly headers: Readonly<Record<string, string>> },
) => WebSocket;

interface Waiting {
  readonly id: string;
  readonly answered: (answer: BenchAnswer) => void;
}

/** One socket with one command at a time, which is opened again when it was lost. */
export function openSocket(target: Target): Connection {
  let socket: WebSocket | null = null;
  let waiting: Waiting | null = null;
  const answer = (given: BenchAnswer) => {
    const { answered: tell } = waiting ?? { answered: () => {} };
    waiting = null;
    tell(given);
  };
  const opened = async (): Promise<WebSocket> => {
    if (socket !== null) return socket;
    const fresh = await handshake(target);
    socket = fresh;
    fresh.addEventListener("message", ({ data }) => {
      // Order messages come here, too: they are measured on a stream of their own.
      const text = String(data);
      if (!text.startsWith(REPLY)) return;
      const reply = parseWire(text) as Envelope & { readonly id: string };
      if (reply.id === waiting?.id) answer({ httpStatus: null, envelope: reply });
    });
    fresh.addEventListener("close", ({ code, reason }) => {
      // One that was given up for another has nobody waiting any more.
      if (socket !== fresh) return;
      socket = null;
      answer({ problem: `the socket was closed with ${code} ${reason}`.trim() });
    });
    return fresh;
  };
  const send = async ({ kind, id, data }: BenchRequest): Promise<BenchAnswer> => {
    try {
      const open = await opened();
      return await new Promise((resolve) => {
        const timer = setTimeout(() => {
          answer({ problem: "no answer in time" });
          socket = null;
          open.close();
        }, ANSWER_MS_MAX);
        const done = (given: BenchAnswer) => {
          clearTimeout(timer);
          resolve(given);
        };
        waiting = { id, answered: done };
        open.send(JSON.stringify({ op: kind, id, data }));
      });
    } catch (error) {
      return { problem: problemOf(error) };
    }
  };
  return { send, close: () => socket?.close() };
}

async function handshake({ url, clock, sign }: Target): Promise<WebSocket> {
  // Such a handshake works once, so that each has a time of its own.
  const timestampMs = clock.stampMs();
  const parts = { method: "CONNECT", path: SOCKET_PATH, timestampMs, payload: SOCKET_QUERY };
  const headers: Record<string, string> = { ...sign(parts) };
  const base = url.replace(/\/+$/, "").replace(/^http/, "ws");
  const address = `${base}${SOCKET_PATH}?${SOCKET_QUERY}`;
  const socket = new (WebSocket as unknown as HeaderedWebSocket)(address, { headers });
  return await new Promise((resolve, reject) => {
    socket.addEventListener("open", () => resolve(socket));
    socket.addEventListener("error", () => reject(new Error("the socket cannot be opened")));
  });
}

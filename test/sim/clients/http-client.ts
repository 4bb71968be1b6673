/** One keep-alive connection of a simulated client: answers come in the order of its requests. */
import { promised } from "../oracle/violation.ts";
import { Connection } from "../world/network.ts";
import type { World } from "../world/world.ts";
import type { Sent } from "./requests.ts";
import { HttpReader } from "./wire-readers.ts";

/** Milliseconds without an answer after which the outcome is unknown. */
const PATIENCE_MS = 8_000;

interface Waiting {
  readonly request: Sent;
  readonly resolve: (isAnswered: boolean) => void;
}

export class HttpClient {
  readonly #world: World;
  readonly #port: number;
  #connection: Connection | null = null;
  #reader = new HttpReader();
  #waiting: Waiting[] = [];

  constructor(world: World, port: number) {
    this.#world = world;
    this.#port = port;
  }

  /** Sends the request's bytes; whether an answer came. */
  send(request: Sent): Promise<boolean> {
    return new Promise((resolve) => {
      const connection = this.#connected();
      this.#world.reach(routeOf(request.bytes));
      this.#waiting.push({ request, resolve });
      connection.send(request.bytes);
      this.#world.scheduler.after(PATIENCE_MS, null, () => {
        if (this.#waiting.some((each) => each.resolve === resolve)) this.cut();
      });
    });
  }

  /** Goes away in the middle of whatever is under way. */
  cut(): void {
    this.#connection?.cut();
    this.#gone();
  }

  #connected(): Connection {
    if (this.#connection !== null) return this.#connection;
    this.#reader = new HttpReader();
    const connection: Connection = new Connection(this.#world, this.#port, {
      onBytes: (bytes) => this.#read(bytes),
      onGone: () => {
        if (this.#connection === connection) this.#gone();
      },
    });
    this.#connection = connection;
    return connection;
  }

  #read(bytes: Buffer): void {
    for (const { status, headers, text } of this.#reader.push(bytes)) {
      const waiting = this.#waiting.shift();
      if (waiting === undefined) throw new Error(`an answer that nobody waits for: ${text}`);
      if (isUnknown(this.#world, text)) {
        this.#world.tell(`${waiting.request.id} is told that nobody knows`);
        waiting.resolve(false);
        continue;
      }
      const isReplay = headers.get("x-idempotent-replay") === "true";
      const { request } = waiting;
      const rateLimit = headers.get("ratelimit") ?? null;
      const cookie = headers.get("set-cookie");
      const kept = { rateLimit, ...(cookie !== undefined && { cookie }), atMs: this.#world.nowMs };
      request.answers.push({ status, text, isReplay, ...kept });
      for (const reason of reasonsOf(text)) this.#world.reach(`reason ${reason}`);
      this.#world.tell(`${request.id} answered ${status}${isReplay ? " again" : ""} ${text}`);
      if (headers.get("connection") === "close") this.cut();
      waiting.resolve(true);
    }
  }

  #gone(): void {
    this.#connection = null;
    for (const { resolve } of this.#waiting.splice(0)) resolve(false);
  }
}

/** Method and path, as the request line has them. */
function routeOf(bytes: Buffer): string {
  const [method, target = ""] = bytes.toString("latin1", 0, 200).split(" ");
  return `route ${method} ${target.split("?")[0]}`;
}

/** As good as no answer. It is given where the disk is silent, and nowhere else. */
export function isUnknown(world: World, text: string): boolean {
  if (!text.includes('"reason":"outcome_unknown"')) return false;
  promised(world.isSilent, `the disk answers, and a client is told ${text}`);
  world.reach("reason outcome_unknown");
  return true;
}

export function reasonsOf(text: string): string[] {
  return [...text.matchAll(/"reason":"([a-z_]+)"/g)].map(([, reason = ""]) => reason);
}

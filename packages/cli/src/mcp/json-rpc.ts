/**
 * JSON-RPC 2.0 over a pair of streams, one message a line, as MCP speaks it: answers what the
 * other side asks, and asks it in turn.
 */
import type { Readable, Writable } from "node:stream";

type Id = string | number;
export type Params = Readonly<Record<string, unknown>>;

/** A request that is not carried out; the other side is told the code and the message. */
export class RpcError extends Error {
  override readonly name = "RpcError";
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

export const RpcCode = {
  NotJson: -32_700,
  NoRequest: -32_600,
  NoMethod: -32_601,
  WrongParams: -32_602,
  Failed: -32_603,
  /** From here on the codes are the server's own. */
  Busy: -32_000,
} as const;

/** Characters of a line; what is asked here is short, and memory must not be anybody's to fill. */
const LINE_CHARS_MAX = 262_144;
/** Requests of the other side at work at a time. */
const REQUESTS_AT_ONCE_MAX = 16;

export interface RpcHandlers {
  /** Gives the result; throws {@link RpcError}. The signal: nobody waits for it any more. */
  readonly request: (method: string, params: Params, abandoned: AbortSignal) => Promise<unknown>;
}

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

interface Message {
  readonly id?: unknown;
  readonly method?: unknown;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly message?: unknown };
}

export class RpcPeer {
  readonly #output: Writable;
  readonly #handlers: RpcHandlers;
  /** What this side has asked, by its number. */
  readonly #asked = new Map<number, Waiting>();
  /** What the other side has asked and was not answered. */
  readonly #atWork = new Map<Id, AbortController>();
  readonly #works = new Set<Promise<void>>();
  #nextId = 1;

  constructor(output: Writable, handlers: RpcHandlers) {
    this.#output = output;
    this.#handlers = handlers;
  }

  /**
   * Reads until the input ends, and then answers what is at work: who has written all of it may
   * still read. What waits for the other side's answer is abandoned; on the signal everything is.
   */
  async serve(input: Readable, stopped: AbortSignal): Promise<void> {
    const stop = () => input.destroy();
    stopped.addEventListener("abort", stop);
    try {
      if (!stopped.aborted) await this.#readLines(input);
      this.#leaveAsked();
      await Promise.all(this.#works);
    } catch (error) {
      if (!stopped.aborted) throw error;
    } finally {
      stopped.removeEventListener("abort", stop);
      for (const request of this.#atWork.values()) request.abort();
      this.#leaveAsked();
    }
  }

  #leaveAsked(): void {
    for (const { reject } of this.#asked.values()) reject(new Error("the client is gone"));
  }

  async #readLines(input: Readable): Promise<void> {
    input.setEncoding("utf8");
    let rest = "";
    for await (const chunk of input) {
      const lines = (rest + String(chunk)).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) if (line.trim() !== "") this.#take(line);
      if (rest.length > LINE_CHARS_MAX) {
        throw new Error(`a message is longer than ${LINE_CHARS_MAX} characters`);
      }
    }
  }

  /** Asks the other side; rejects when it refuses, or when the signal comes first. */
  ask(method: string, params: Params, abandoned: AbortSignal): Promise<unknown> {
    const id = this.#nextId;
    this.#nextId += 1;
    return new Promise((resolve, reject) => {
      const forget = () => {
        this.#asked.delete(id);
        this.#send({ method: "notifications/cancelled", params: { requestId: id } });
        reject(new Error("the client waits no more"));
      };
      if (abandoned.aborted) {
        reject(new Error("the client waits no more"));
        return;
      }
      abandoned.addEventListener("abort", forget, { once: true });
      const settled = <T>(then: (value: T) => void) => {
        return (value: T) => {
          abandoned.removeEventListener("abort", forget);
          this.#asked.delete(id);
          then(value);
        };
      };
      this.#asked.set(id, { resolve: settled(resolve), reject: settled(reject) });
      this.#send({ id, method, params });
    });
  }

  #take(line: string): void {
    let message: unknown;
    try {
      message = JSON.parse(line);
    } catch {
      this.#refuse(null, RpcCode.NotJson, "not JSON");
      return;
    }
    if (isRecord(message)) this.#takeMessage(message);
    else this.#refuse(null, RpcCode.NoRequest, "not an object");
  }

  #takeMessage(message: Message): void {
    const { id, method } = message;
    const params = isRecord(message.params) ? message.params : {};
    if (typeof method !== "string") this.#takeAnswer(message);
    else if (id === undefined) this.#takeNotification(method, params);
    else if (typeof id === "string" || typeof id === "number") this.#answer(id, method, params);
    else this.#refuse(null, RpcCode.NoRequest, "id must be text or a number");
  }

  #takeAnswer({ id, result, error }: Message): void {
    const waiting = typeof id === "number" ? this.#asked.get(id) : undefined;
    if (waiting === undefined) return;
    if (error === undefined) waiting.resolve(result);
    else waiting.reject(new Error(String(error?.message ?? "refused")));
  }

  #takeNotification(method: string, { requestId }: Params): void {
    if (method === "notifications/cancelled") this.#atWork.get(requestId as Id)?.abort();
  }

  #answer(id: Id, method: string, params: Params): void {
    if (this.#atWork.size >= REQUESTS_AT_ONCE_MAX || this.#atWork.has(id)) {
      this.#refuse(id, RpcCode.Busy, "too many requests at once, or this id is at work");
    } else {
      const work = this.#carryOut(id, method, params).finally(() => this.#works.delete(work));
      this.#works.add(work);
    }
  }

  async #carryOut(id: Id, method: string, params: Params): Promise<void> {
    const abandon = new AbortController();
    this.#atWork.set(id, abandon);
    try {
      const result = await this.#handlers.request(method, params, abandon.signal);
      if (!abandon.signal.aborted) this.#send({ id, result });
    } catch (error) {
      const code = error instanceof RpcError ? error.code : RpcCode.Failed;
      if (!abandon.signal.aborted) this.#refuse(id, code, (error as Error).message);
    } finally {
      this.#atWork.delete(id);
    }
  }

  #refuse(id: Id | null, code: number, message: string): void {
    this.#send({ id, error: { code, message } });
  }

  #send(message: object): void {
    this.#output.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
  }
}

export function isRecord(value: unknown): value is Params {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

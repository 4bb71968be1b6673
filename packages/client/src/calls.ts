/** The kinds of calls that the API has: what is signed, and what may change something. */
import { ApiError } from "./errors.ts";
import type { Success, Transport } from "./transport.ts";
import type { CancelAllRequest, CancelAllResult } from "./wire.ts";
import { writeQuery, writeWire } from "./wire-json.ts";

/** What an answer is to have beside its code. */
interface Wanted {
  readonly representation: boolean;
  readonly receipt?: boolean;
}

export class Calls {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** A change; its answer's data. */
  async write(
    method: string,
    path: string,
    content: unknown,
    representation = false,
  ): Promise<unknown> {
    return (await this.send(method, path, content, { representation })).data;
  }

  /** A change; its whole answer. */
  send(
    method: string,
    path: string,
    content: unknown,
    { representation, receipt = false }: Wanted,
  ): Promise<Success> {
    const body = writeWire(content);
    const asked = { signed: true, representation, receipt, changes: true };
    return this.#transport.call({ method, path, body, ...asked });
  }

  /** What belongs to the key's account. */
  read(path: string, query: object): Promise<unknown> {
    return this.#get(path, query, true);
  }

  /** What anybody may see. */
  public(path: string, query: object): Promise<unknown> {
    return this.#get(path, query, false);
  }

  /** A question that has a body, or is none that could be repeated: nothing changes. */
  async ask(path: string, content?: unknown): Promise<unknown> {
    const body = content === undefined ? {} : { body: writeWire(content) };
    const call = { method: "POST", path, ...body, signed: true, changes: false };
    return (await this.#transport.call(call)).data;
  }

  async cancelAll(request: CancelAllRequest, changes: boolean): Promise<CancelAllResult> {
    const path = "/trade/v1/orders/cancel/all";
    const body = writeWire(request);
    try {
      const call = { method: "POST", path, body, signed: true, changes };
      return (await this.#transport.call(call)).data as CancelAllResult;
    } catch (error) {
      // Some or all work on: that is an answer, with the same content.
      const { data } = error instanceof ApiError ? error.failure : { data: undefined };
      if (data === undefined || !("matched" in data)) throw error;
      return data;
    }
  }

  async #get(path: string, query: object, signed: boolean): Promise<unknown> {
    const text = writeQuery(query as Readonly<Record<string, string | number | undefined>>);
    const call = { method: "GET", path, query: text, signed, changes: false };
    return (await this.#transport.call(call)).data;
  }
}

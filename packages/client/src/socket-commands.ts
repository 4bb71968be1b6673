/**
 * Commands over the socket of an order stream. A command has an id of its own, under which the
 * gateway acts once, also over another connection: so what was not answered may be sent again.
 */
import { type Attempt, replied } from "./attempt.ts";
import { ConnectionError } from "./errors.ts";
import type { CommandMessage, ReplyMessage } from "./wire.ts";

/** A call as a socket carries it. */
export interface SocketCommand {
  readonly id: string;
  /** The whole message. */
  readonly text: string;
}

/** What of a call travels in the message. */
interface Asked {
  readonly body?: string;
  readonly receipt?: boolean;
  readonly representation?: boolean;
}

interface Waiting {
  readonly text: string;
  isSent: boolean;
  readonly resolve: (attempt: Attempt) => void;
}

/** Requests that are commands as well. */
const OPS: ReadonlyMap<string, CommandMessage["op"]> = new Map([
  ["POST /trade/v1/orders", "place"],
  ["POST /trade/v1/orders/batch", "place_batch"],
  ["PUT /trade/v1/orders", "amend"],
  ["POST /trade/v1/orders/cancel", "cancel"],
  ["POST /trade/v1/orders/cancel/batch", "cancel_batch"],
  ["POST /trade/v1/orders/cancel/all", "cancel_all"],
]);

/** What a request is over a socket; null where it goes over HTTP only. */
export function socketCommand(
  request: string,
  { body, receipt = false, representation = false }: Asked,
): SocketCommand | null {
  const op = OPS.get(request);
  if (op === undefined || body === undefined) return null;
  const id = crypto.randomUUID();
  const asks = receipt ? ',"receipt":"ed25519"' : "";
  const prefers = representation ? ',"prefer":"return=representation"' : "";
  // The body as it is: what is sent again must have the same content to the letter.
  return { id, text: `{"op":"${op}","id":"${id}"${asks}${prefers},"data":${body}}` };
}

export class SocketCommands {
  /** By id. Those that are not sent wait for a connection. */
  readonly #waiting = new Map<string, Waiting>();
  /** Null while there is no connection. */
  #send: ((text: string) => void) | null = null;
  /** What any further attempt comes to. */
  #end: Attempt | null = null;

  /** One attempt: sent as soon as there is a connection; what came of it by the signal. */
  attempt({ id, text }: SocketCommand, signal: AbortSignal): Promise<Attempt> {
    if (this.#end !== null) return Promise.resolve(this.#end);
    return new Promise((resolve) => {
      const waiting: Waiting = {
        text,
        isSent: false,
        resolve: (attempt) => {
          this.#waiting.delete(id);
          signal.removeEventListener("abort", given);
          resolve(attempt);
        },
      };
      const given = (): void => waiting.resolve(withoutReply(waiting, signal.reason));
      this.#waiting.set(id, waiting);
      signal.addEventListener("abort", given);
      if (signal.aborted) given();
      else this.#sendOne(waiting);
    });
  }

  /** A connection is open. */
  opened(send: (text: string) => void): void {
    this.#send = send;
    for (const waiting of this.#waiting.values()) this.#sendOne(waiting);
  }

  /** The connection is gone: whatever was sent over it may have been done. */
  lost(reason: string): void {
    this.#send = null;
    for (const waiting of [...this.#waiting.values()]) {
      if (waiting.isSent) waiting.resolve(withoutReply(waiting, new ConnectionError(reason)));
    }
  }

  /** There will be no other connection. */
  ended(attempt: Attempt): void {
    this.lost("the stream was closed");
    this.#end = attempt;
    for (const waiting of [...this.#waiting.values()]) waiting.resolve(attempt);
  }

  /** The reply to an attempt that nobody waits for any more is that of the next one, too. */
  replied(reply: ReplyMessage): void {
    this.#waiting.get(reply.id)?.resolve(replied(reply));
  }

  #sendOne(waiting: Waiting): void {
    if (this.#send === null) return;
    waiting.isSent = true;
    this.#send(waiting.text);
  }
}

function withoutReply({ isSent }: Waiting, cause: unknown): Attempt {
  if (isSent) return { type: "unknown", cause };
  return {
    type: "unsent",
    cause: new ConnectionError("its stream is not connected"),
    remedy: null,
  };
}

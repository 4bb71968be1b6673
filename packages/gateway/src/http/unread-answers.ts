/**
 * Answers to whoever needs no signature that wait for their readers, on all connections together.
 * Anybody may ask and not read: when too much waits, the connections are cut whose answers have
 * waited longest.
 */
import type { ServerResponse } from "node:http";
import { UNREAD_BYTES_MAX } from "./limits.ts";

/** What is needed of a response. */
export type FollowedAnswer = Pick<ServerResponse, "once"> & {
  readonly req: { readonly socket: Pick<ServerResponse["req"]["socket"], "destroy" | "once"> };
};
type Connection = FollowedAnswer["req"]["socket"];

export class UnreadAnswers {
  readonly #bytesMax: number;
  /** Bytes that wait on each connection; those first whose answers have waited longest. */
  readonly #waiting = new Map<Connection, number>();
  readonly #watched = new WeakSet<Connection>();
  #bytes = 0;

  constructor(bytesMax = UNREAD_BYTES_MAX) {
    this.#bytesMax = bytesMax;
  }

  /** Bytes that wait on all connections. */
  get bytes(): number {
    return this.#bytes;
  }

  /** So many bytes are about to be handed over. */
  add(response: FollowedAnswer, byteCount: number): void {
    const { socket } = response.req;
    if (!this.#watched.has(socket)) {
      this.#watched.add(socket);
      socket.once("close", () => this.#forget(socket));
    }
    this.#set(socket, (this.#waiting.get(socket) ?? 0) + byteCount);
    response.once("finish", () => {
      const waiting = this.#waiting.get(socket);
      if (waiting !== undefined) this.#set(socket, waiting - byteCount);
    });
    for (const longest of this.#waiting.keys()) {
      if (this.#bytes <= this.#bytesMax) break;
      this.#forget(longest);
      longest.destroy();
    }
  }

  #set(socket: Connection, byteCount: number): void {
    this.#bytes += byteCount - (this.#waiting.get(socket) ?? 0);
    if (byteCount > 0) this.#waiting.set(socket, byteCount);
    else this.#waiting.delete(socket);
  }

  #forget(socket: Connection): void {
    this.#set(socket, 0);
  }
}

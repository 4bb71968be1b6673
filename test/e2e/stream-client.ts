/** The order stream, read with the WebSocket that Node brings: not the library the server uses. */
import { Changes } from "./changes.ts";
import { hmac, type Key, nextTimestampMs, type OrderRow, stringToSign } from "./signed-client.ts";

export interface StreamMessage {
  readonly type: string;
  readonly seq?: number;
  readonly id?: string;
  readonly code?: number;
  readonly reason?: string;
  readonly data?: OrderRow;
}

export interface Received {
  /** As it arrived. */
  readonly text: string;
  readonly message: StreamMessage;
}

export interface StreamOptions {
  readonly onReceived?: (received: Received) => void;
  /** False keeps no message, for a reader that goes on for long and tells all to `onReceived`. */
  readonly keep?: boolean;
  /** X-API-Timestamp; now when left out. */
  readonly timestampMs?: number;
}

export interface Closed {
  readonly code: number;
  readonly reason: string;
}

const STREAM_PATH = "/ws/trade/v1";

export class StreamClient {
  readonly received: Received[] = [];
  readonly closed: Promise<Closed>;
  readonly #socket: WebSocket;
  readonly #options: StreamOptions;
  #isClosed = false;
  readonly #changes = new Changes();

  private constructor(socket: WebSocket, options: StreamOptions) {
    this.#socket = socket;
    this.#options = options;
    socket.addEventListener("message", (event) => this.#take(String(event.data)));
    this.closed = new Promise((resolve) => {
      socket.addEventListener("close", ({ code, reason }) => {
        this.#isClosed = true;
        this.#changes.tell();
        resolve({ code, reason });
      });
    });
  }

  /** Rejects when the handshake is refused. */
  static async open(
    url: string,
    key: Key,
    query = "",
    options: StreamOptions = {},
  ): Promise<StreamClient> {
    const target = query === "" ? STREAM_PATH : `${STREAM_PATH}?${query}`;
    const timestamp = String(options.timestampMs ?? nextTimestampMs());
    const text = stringToSign("CONNECT", target, timestamp, Buffer.from(query));
    const headers = {
      "X-API-Key": key.apiKey,
      "X-API-Timestamp": timestamp,
      "X-API-Signature": hmac(key.secret, text, "base64"),
    };
    const socket = new WebSocket(url.replace(/^http/, "ws") + target, { headers });
    const client = new StreamClient(socket, options);
    await new Promise<void>((resolve, reject) => {
      socket.addEventListener("open", () => resolve());
      socket.addEventListener("error", () => reject(new Error("the handshake failed")));
    });
    return client;
  }

  send(text: string): void {
    this.#socket.send(text);
  }

  /** Resolves with the first message that fits; rejects when the stream closes without one. */
  async seen(what: string, fits: (received: Received) => boolean): Promise<Received> {
    let index = 0;
    return await this.#changes.until(
      () => {
        for (; index < this.received.length; index += 1) {
          const received = this.received[index];
          if (received !== undefined && fits(received)) return received;
        }
        return null;
      },
      (why) => new Error(`the stream did not bring ${what}, it ${why}`),
      () => this.#isClosed,
    );
  }

  close(): void {
    this.#socket.close();
  }

  #take(text: string): void {
    const received = { text, message: JSON.parse(text) as StreamMessage };
    if (this.#options.keep !== false) this.received.push(received);
    this.#options.onReceived?.(received);
    this.#changes.tell();
  }
}

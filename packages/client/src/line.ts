/**
 * One WebSocket after the other to one place: opens, notices silence, and waits longer from failure
 * to failure. Whoever follows something over it hears of each connection.
 */
import { openSystemSocket, type Socket, type SocketOpener } from "./socket.ts";
import { systemTimer } from "./system.ts";

/** What every stream can be told about its connections. */
export interface ConnectionOptions {
  /** Seconds between heartbeats, 1 to 30; 5 unless given. Silence is noticed after twice that. */
  readonly heartbeatSeconds?: number;
  /** How long it waits before it tries again; each time between half of it and all of it. */
  readonly reconnect?: {
    /** Milliseconds after the first failure; 100 unless given. Each further one doubles them. */
    readonly firstMs?: number;
    /** Milliseconds at most; 10,000 unless given. */
    readonly maxMs?: number;
  };
  /** For tests, and for engines whose WebSocket takes no headers. */
  readonly openSocket?: SocketOpener;
  /** Runs something later; a timer unless given. */
  readonly after?: (ms: number, run: () => void) => { cancel(): void };
}

export interface LineListener {
  /** Where the next connection goes, and what it carries. */
  address(): Promise<{ readonly url: string; readonly headers: Readonly<Record<string, string>> }>;
  opened(): void;
  received(text: string): void;
  /** The connection is lost, and will be tried again after that many milliseconds. */
  lost(reason: string, retryInMs: number): void;
  /**
   * A handshake failed, and a WebSocket does not tell why: resolves with the reason, rejects where
   * no other one can fare better.
   */
  whyRefused(): Promise<string>;
  /** No other connection is tried. */
  ended(error: Error): void;
}

const HEARTBEAT_SECONDS = 5;
const HEARTBEAT_SECONDS_MAX = 30;
const SILENT_GRACE_MS = 1_000;
const RETRY_MS_MIN = 100;
const RETRY_MS_MAX = 10_000;
/** By it the gateway knows that a client means to go. */
export const CLOSE_NORMAL = 1000;

export class Line {
  readonly heartbeatSeconds: number;
  readonly #listener: LineListener;
  readonly #openSocket: SocketOpener;
  readonly #after: (ms: number, run: () => void) => { cancel(): void };
  readonly #firstMs: number;
  readonly #maxMs: number;
  /** How a connection is closed that is given up. */
  readonly #lossCode: number;
  /** Which connection it is: whatever still comes of an earlier one is passed over. */
  #turn = 0;
  #socket: Socket | null = null;
  #isOpen = false;
  #timer: { cancel(): void } | null = null;
  #failureCount = 0;

  /** @throws RangeError an option is what nobody can keep to */
  constructor(options: ConnectionOptions, listener: LineListener, lossCode = CLOSE_NORMAL) {
    const { heartbeatSeconds = HEARTBEAT_SECONDS, reconnect = {} } = options;
    const { firstMs = RETRY_MS_MIN, maxMs = Math.max(firstMs, RETRY_MS_MAX) } = reconnect;
    const isPeriod = Number.isInteger(heartbeatSeconds);
    if (!isPeriod || heartbeatSeconds < 1 || heartbeatSeconds > HEARTBEAT_SECONDS_MAX) {
      const range = `a whole number from 1 to ${HEARTBEAT_SECONDS_MAX}`;
      throw new RangeError(`heartbeatSeconds must be ${range}, not ${heartbeatSeconds}`);
    }
    if (!(firstMs > 0 && firstMs <= maxMs && Number.isFinite(maxMs))) {
      throw new RangeError(`reconnect needs 0 < firstMs <= maxMs, not ${firstMs} and ${maxMs}`);
    }
    this.heartbeatSeconds = heartbeatSeconds;
    this.#firstMs = firstMs;
    this.#maxMs = maxMs;
    this.#listener = listener;
    this.#lossCode = lossCode;
    this.#openSocket = options.openSocket ?? openSystemSocket;
    this.#after = options.after ?? systemTimer;
  }

  connect(): void {
    this.pause();
    const turn = this.#turn;
    this.#open(turn).catch((error: unknown) => {
      if (this.#turn === turn) this.#lost(String(error));
    });
  }

  /** Precondition: it is open. */
  send(text: string): void {
    this.#socket?.send(text);
  }

  /** The connection is good for something: the next failure is a first one again. */
  works(): void {
    this.#failureCount = 0;
  }

  /** Gives the connection up and tries another one. */
  reconnect(reason: string): void {
    this.pause();
    this.#lost(reason);
  }

  /** No connection, and none is tried before `connect`. */
  pause(code = this.#lossCode): void {
    this.#turn += 1;
    this.#stopTimer();
    const socket = this.#socket;
    this.#socket = null;
    this.#isOpen = false;
    socket?.close(code);
  }

  async #open(turn: number): Promise<void> {
    const { url, headers } = await this.#listener.address();
    if (this.#turn !== turn) return;
    this.#socket = this.#openSocket(url, headers, {
      opened: () => {
        if (this.#turn !== turn) return;
        this.#isOpen = true;
        this.#listener.opened();
      },
      received: (text) => {
        if (this.#turn !== turn) return;
        this.#watchSilence();
        this.#listener.received(text);
      },
      closed: (code, reason) => {
        if (this.#turn === turn) this.#closed(reason === "" ? `closed with ${code}` : reason);
      },
    });
    this.#watchSilence();
  }

  #closed(reason: string): void {
    const wasOpen = this.#isOpen;
    this.#socket = null;
    this.#isOpen = false;
    this.#stopTimer();
    if (wasOpen) {
      this.#lost(reason);
      return;
    }
    const turn = this.#turn;
    this.#listener.whyRefused().then(
      (why) => {
        if (this.#turn === turn) this.#lost(why);
      },
      (error: unknown) => {
        if (this.#turn === turn) this.#listener.ended(error as Error);
      },
    );
  }

  #lost(reason: string): void {
    this.#stopTimer();
    const ceilingMs = Math.min(this.#firstMs * 2 ** this.#failureCount, this.#maxMs);
    this.#failureCount += 1;
    const retryInMs = Math.round(ceilingMs * (0.5 + Math.random() / 2));
    this.#timer = this.#after(retryInMs, () => this.connect());
    // Whoever hears it may want no other connection now.
    this.#listener.lost(reason, retryInMs);
  }

  /** Twice the heartbeat without any message: the connection is dead, whatever the network says. */
  #watchSilence(): void {
    this.#stopTimer();
    const silentMs = 2_000 * this.heartbeatSeconds + SILENT_GRACE_MS;
    this.#timer = this.#after(silentMs, () => this.reconnect(`silent for ${silentMs} ms`));
  }

  #stopTimer(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }
}

/** Where WebSockets of a gateway are. */
export function socketUrl(baseUrl: string): string {
  return baseUrl.replace(/^http/, "ws");
}

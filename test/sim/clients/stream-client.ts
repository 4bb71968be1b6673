/** A simulated reader of an order stream, with commands or without: comes back where it was. */
import type { World } from "../world/world.ts";
import { isUnknown, reasonsOf } from "./http-client.ts";
import { type Key, type Request, STREAM_PATH, signedHandshake } from "./requests.ts";
import { WebSocketClient } from "./web-socket.ts";
import type { HttpAnswer } from "./wire-readers.ts";

/** Milliseconds without a reply after which the outcome is unknown. */
const PATIENCE_MS = 8_000;

export interface Push {
  readonly account: string;
  readonly seq: number;
  /** Null: its key may not see it. */
  readonly text: string | null;
  readonly key: Key;
}

/** Open orders as they stood at a position of an account's stream. */
export interface StreamSnapshot {
  readonly account: string;
  readonly seq: number;
  readonly orders: readonly unknown[];
  readonly key: Key;
}

/** Where a reader comes in: behind a position, or with the open orders of now. */
export type StreamStart = { readonly afterSeq: number } | "snapshot";

export interface StreamClientOptions {
  readonly world: World;
  readonly port: number;
  readonly key: Key;
  /** The accounts whose streams it reads; a drop copy has several. */
  readonly accounts: readonly string[];
  readonly hasCommands: boolean;
  /** Seconds to come back before its loss cancels orders; null: it never does. */
  readonly graceS: number | null;
  readonly nextTimestamp: () => number;
  /** Every order message, in the order in which it was read. */
  readonly onPush: (push: Push) => void;
  readonly onSnapshot: (snapshot: StreamSnapshot) => void;
  readonly onViolation: (what: string) => void;
  /** Left out: from the first message on. */
  readonly start?: StreamStart;
  /** The first position of an account that can be replayed. */
  readonly earliestSeq: (account: string) => number;
  /** The last position of an account that anybody has been told. */
  readonly toldSeq: (account: string) => number;
  /** Whether its key, or that secret of it, may have ended for what was signed then. */
  readonly mayBeOver: (secretNo: number, signedAtMs: number) => boolean;
}

export class StreamClient {
  /** Its key was ended, as far as it has been told. */
  isEnded = false;
  /** The last position of each account that it has read. */
  readonly #seqs = new Map<string, number>();
  /** What had been told of each account when it connected, until all that is told again. */
  readonly #behind = new Map<string, number>();
  /** What heartbeats and replays have shown of the stream. */
  resumeCount = 0;
  slowCount = 0;
  /** Until then it stays away. */
  awayUntilMs = 0;
  /** Null: it is not connected, as far as it knows. */
  openSinceMs: number | null = null;
  /** It takes what comes. */
  isReading = true;
  /** Frames may be dropped and repeated, because that was asked for. */
  isFaulty = false;
  readonly #options: StreamClientOptions;
  readonly #socket: WebSocketClient;
  #signedAtMs = 0;
  #secretNo = 0;
  readonly #waiting = new Map<
    string,
    { request: Request; resolve: (isAnswered: boolean) => void }
  >();

  constructor(options: StreamClientOptions) {
    this.#options = options;
    this.#socket = new WebSocketClient(options.world, options.port, {
      opened: () => {
        this.openSinceMs = options.world.nowMs;
      },
      refused: (answer) => this.#refused(answer),
      received: (text) => this.#message(text),
      gone: () => this.#gone(),
    });
    const { accounts, start = { afterSeq: 0 } } = options;
    if (start === "snapshot") return;
    for (const account of accounts) this.#seqs.set(account, start.afterSeq);
  }

  /** Its first message is to be a snapshot, which it has not read yet. */
  get #lacksSnapshot(): boolean {
    return this.#options.accounts.some((account) => !this.#seqs.has(account));
  }

  /** The last position of its key's own account that it has read. */
  get seq(): number {
    return this.seqOf(this.#options.key.account);
  }

  seqOf(account: string): number {
    return this.#seqs.get(account) ?? 0;
  }

  get accounts(): readonly string[] {
    return this.#options.accounts;
  }

  get key(): Key {
    return this.#options.key;
  }

  get isOpen(): boolean {
    return this.#socket.isOpen;
  }

  /** It was told of all its accounts that it has all that it lacked. */
  get isLive(): boolean {
    return this.isOpen && this.#behind.size === 0;
  }

  get isConnected(): boolean {
    return this.#socket.isConnected;
  }

  connect(): void {
    const { accounts, world, key, graceS, hasCommands, nextTimestamp, toldSeq } = this.#options;
    if (this.#socket.isConnected || world.nowMs < this.awayUntilMs || this.isEnded) return;
    this.resumeCount += 1;
    const guard = graceS === null ? "" : `&cancel_on_disconnect=1&grace=${graceS}`;
    const commands = hasCommands ? "&commands=1" : "";
    const positions = accounts.map((account) => `${account}:${this.seqOf(account)}`);
    const after = accounts.length > 1 ? positions.join(",") : this.seq;
    const from = this.#lacksSnapshot ? "snapshot=1" : `after_seq=${after}`;
    if (this.#lacksSnapshot) this.#seqs.clear();
    for (const account of accounts) this.#behind.set(account, toldSeq(account));
    const query = `${from}&live=1&heartbeat=1${commands}${guard}`;
    this.#signedAtMs = world.nowMs;
    this.#secretNo = key.secretNo;
    this.#socket.connect(`${STREAM_PATH}?${query}`, signedHandshake(key, query, nextTimestamp()));
  }

  /** Sends the request's message; whether a reply came. */
  send(request: Request): Promise<boolean> {
    if (!this.#socket.isOpen) return Promise.resolve(false);
    return new Promise((resolve) => {
      this.#waiting.set(request.id, { request, resolve });
      this.#socket.send(request.bytes);
      this.#options.world.reach(`op ${/"op":"(\w+)"/.exec(String(request.bytes))?.[1]}`);
      this.#options.world.scheduler.after(PATIENCE_MS, null, () => {
        if (this.#waiting.get(request.id)?.resolve === resolve) this.cut();
      });
    });
  }

  /** Stops reading, or goes on. */
  read(isReading: boolean): void {
    this.isReading = isReading;
    this.#socket.read(isReading);
  }

  cut(): void {
    this.#socket.cut();
  }

  /** For good. */
  leave(): void {
    this.cut();
    this.isEnded = true;
  }

  #refused({ text }: HttpAnswer): void {
    this.#options.world.tell(`stream of ${this.#options.key.account} refused ${text}`);
    if (text.includes('"reason":"signature_invalid"')) this.#end(text);
  }

  #message(text: string): void {
    const { key, onViolation } = this.#options;
    const message = JSON.parse(text) as Message;
    this.#options.world.reach(`message ${message.type}`);
    for (const reason of reasonsOf(text)) this.#options.world.reach(`reason ${reason}`);
    if (message.type === "order") {
      this.#told(message.data.account_code, message.seq, text, text);
    } else if (message.type === "skip") {
      this.#told(message.account_code ?? key.account, message.seq, text, null);
    } else if (message.type === "snapshot") {
      this.#shown(message);
    } else if (message.type === "live") {
      this.#caughtUp(message, text);
    } else if (message.type === "reply") {
      this.#replied(message.id, text);
    } else if (message.type === "error") {
      if (message.reason === "slow_reader") this.slowCount += 1;
      else if (message.reason === "key_no_longer_good") this.#end(text);
      else if (message.reason === "seq_out_of_range") this.#outOfRange(message, text);
      else if (message.reason !== "unavailable") onViolation(`the stream says ${text}`);
    }
  }

  /** Its key is good no more, or the secret that opened this stream. */
  #end(text: string): void {
    const { key, mayBeOver, onViolation } = this.#options;
    const isRight = mayBeOver(this.#secretNo, this.#signedAtMs);
    if (!isRight) onViolation(`nobody ended ${key.apiKey}: ${text}`);
    // With another secret it can come back.
    this.isEnded = mayBeOver(key.secretNo, this.#signedAtMs);
  }

  /** What it lacks is archived: it begins anew, with what is open. */
  #outOfRange({ account_code, earliest_seq: earliest }: Message, text: string): void {
    const { key, earliestSeq, onViolation } = this.#options;
    const account = account_code ?? key.account;
    const isRight = earliest === earliestSeq(account) && this.seqOf(account) < earliest - 1;
    if (!isRight) onViolation(`earliest is ${earliestSeq(account)}: ${text}`);
    this.#seqs.clear();
    this.cut();
  }

  #shown({ account_code: account = this.#options.key.account, seq, data }: Message): void {
    const { accounts, key, onSnapshot, onViolation } = this.#options;
    if (this.#seqs.has(account) || !accounts.includes(account)) {
      onViolation(`a snapshot that nobody asked for, of ${account} at ${seq}`);
    }
    this.#seqs.set(account, seq);
    this.#options.world.tell(`snapshot to ${key.apiKey} of ${account} at ${seq}`);
    onSnapshot({ account, seq, orders: data.orders ?? [], key });
  }

  /** Once, behind all that had been told to anybody when it connected. */
  #caughtUp({ account_code: account = this.#options.key.account, seq }: Message, text: string) {
    const toldSeq = this.#behind.get(account);
    const isRight = toldSeq !== undefined && seq >= toldSeq && seq === this.#seqs.get(account);
    if (!isRight) {
      const { key, onViolation } = this.#options;
      const read = this.#seqs.get(account);
      onViolation(`${key.apiKey} has read ${read}, ${toldSeq} was told before: ${text}`);
    }
    this.#behind.delete(account);
  }

  /** One position of an account's stream, be it one that the key may not see. */
  #told(account: string, seq: number, text: string, shown: string | null): void {
    const { accounts, key, onPush, onViolation, world } = this.#options;
    const last = this.seqOf(account);
    if (!this.#seqs.has(account)) onViolation(`the snapshot comes late: ${text}`);
    if (this.isFaulty && seq <= last) return;
    if (this.isFaulty && seq > last + 1) {
      this.cut();
      return;
    }
    if (seq !== last + 1 || !accounts.includes(account)) {
      onViolation(`the stream of ${account} goes from ${last} to ${seq}: ${text}`);
    }
    this.#seqs.set(account, seq);
    world.tell(`push to ${key.apiKey} ${text}`);
    onPush({ account, seq, text: shown, key });
  }

  #replied(id: string, text: string): void {
    const { world, onViolation } = this.#options;
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) {
      onViolation(`a reply that nobody waits for: ${text}`);
      return;
    }
    this.#waiting.delete(id);
    if (isUnknown(world, text)) {
      world.tell(`${id} is told that nobody knows`);
      waiting.resolve(false);
      return;
    }
    const envelope = text.replace(`{"type":"reply","id":"${id}",`, "{");
    world.tell(`${id} replied ${envelope}`);
    waiting.request.answers.push({
      status: 0,
      text: envelope,
      isReplay: false,
      rateLimit: null,
      atMs: world.nowMs,
    });
    waiting.resolve(true);
  }

  #gone(): void {
    this.openSinceMs = null;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { resolve } of waiting) resolve(false);
  }
}

interface Message {
  readonly type: string;
  readonly seq: number;
  readonly earliest_seq: number;
  readonly id: string;
  readonly reason: string;
  readonly account_code?: string;
  readonly data: { readonly account_code: string; readonly orders?: readonly unknown[] };
}

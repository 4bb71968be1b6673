/**
 * Concurrent clients of both accounts, and what they know: every write, every answer, every push.
 */
import assert from "node:assert/strict";
import { KEY_1, KEY_2, type Key, NoAnswer, SignedClient } from "../signed-client.ts";
import { type Received, StreamClient } from "../stream-client.ts";
import type { Random } from "./random.ts";
import { Customer, type Write, type WriteAnswer, writeAnswerOf } from "./writes.ts";

/** Clients per account: over HTTP, and with commands on a socket. */
const HTTP_CLIENTS = 14;
const SOCKET_CLIENTS = 2;

/** Answers of places and amends that are asked for again after a restart. */
const REASKED_MAX = 8;

/** What one account's clients know, through all lives of the gateway. */
export class Account {
  readonly key: Key;
  readonly customer: Customer;
  readonly writes: Write[] = [];
  /** Pushes as they arrived; the one with `seq` n stands at n - 1. */
  readonly pushes: string[] = [];
  /** Sent and not answered: to be sent again. */
  readonly unanswered: Write[] = [];
  /** Answers that arrived, and sends that stayed without one: the same write may have several. */
  answerCount = 0;
  unknownCount = 0;
  readonly #answeredPlaces: Write[] = [];

  constructor(key: Key, random: Random) {
    this.key = key;
    this.customer = new Customer(key, random);
  }

  pushed({ text, message }: Received): void {
    if (message.type === "heartbeat" || message.type === "notice") return;
    assert.equal(message.type, "order", text);
    assert.equal(message.seq, this.pushes.length + 1, "the stream has no gap and no repetition");
    this.pushes.push(text);
  }

  answered(write: Write, answer: WriteAnswer): void {
    write.answer = answer;
    this.answerCount += 1;
    const body = JSON.parse(answer.text) as { code: number; data?: unknown };
    const does = write.parts[0]?.does;
    if (body.code !== 0 || does === "cancel") return;
    // A batch of refusals changed nothing, so nothing is remembered: again it is a fresh try.
    if (write.isBatch && !answer.text.includes('"result":{"code":0}')) return;
    this.#answeredPlaces.push(write);
    if (does === "amend") return;
    const rows = (write.isBatch ? body.data : [body.data]) as { order_no: string }[];
    for (const [index, { order_no }] of rows.entries()) {
      const part = write.parts[index];
      if (part?.does === "place" && part.takable && order_no !== "") {
        const { referenceId, isShare } = part;
        this.customer.acknowledged({ orderNo: order_no, referenceId, isShare });
      }
    }
  }

  /** Reads the pushes up to the latest: a heartbeat tells how many there are. */
  async catchUp(url: string): Promise<void> {
    const query = `after_seq=${this.pushes.length}&heartbeat=1`;
    const stream = await StreamClient.open(url, this.key, query);
    const { message } = await stream.seen("a heartbeat", ({ message: { type } }) => {
      return type === "heartbeat";
    });
    for (const received of stream.received) this.pushed(received);
    stream.close();
    await stream.closed;
    const { seq } = message.data as unknown as { seq: number };
    assert.equal(this.pushes.length, seq, "the heartbeat tells the latest number");
  }

  /** The places and amends whose answers arrived last. */
  latestPlaces(): Write[] {
    return this.#answeredPlaces.splice(0).slice(-REASKED_MAX);
  }
}

/** All clients, from one start of the gateway to its end. */
export class Load {
  readonly #url: string;
  readonly #accounts: readonly Account[];
  readonly #onEvent: () => void;
  /** Rejects when a client saw what must not be. */
  readonly failed: Promise<never>;
  #fail: (error: unknown) => void = () => undefined;
  readonly #clients: SignedClient[] = [];
  readonly #streams: StreamClient[] = [];
  readonly #workers: Promise<void>[] = [];
  #running = true;
  #gatewayIsDead = false;

  /** `onEvent` is called at every send, answer and push. */
  constructor(url: string, accounts: readonly Account[], onEvent: () => void) {
    this.#url = url;
    this.#accounts = accounts;
    this.#onEvent = onEvent;
    this.failed = new Promise((_, reject) => {
      this.#fail = reject;
    });
    this.failed.catch(() => {
      this.#running = false;
    });
  }

  /** Resumes the streams, asks again for the latest answers, and goes on. */
  async begin(): Promise<void> {
    for (const account of this.#accounts) await this.#resume(account);
  }

  /** Lets all that was ever sent be answered, and sends nothing new. */
  async quiesce(): Promise<void> {
    this.#running = false;
    await Promise.all(this.#workers);
    await Promise.race([this.failed, Promise.resolve()]);
  }

  /** To be called just before the gateway is killed: from now on requests may stay unanswered. */
  gatewayDies(): void {
    this.#gatewayIsDead = true;
  }

  /** Resolves when every client has seen the end. */
  async end(): Promise<void> {
    await this.quiesce();
    for (const stream of this.#streams) stream.close();
    await Promise.all(this.#streams.map(({ closed }) => closed));
    for (const client of this.#clients) client.close();
  }

  async #resume(account: Account): Promise<void> {
    const { key } = account;
    const client = new SignedClient(this.#url, key, HTTP_CLIENTS);
    this.#clients.push(client);
    await this.#unlessDead(async () => {
      const query = `after_seq=${account.pushes.length}&heartbeat=1`;
      const onReceived = (received: Received) => this.#pushed(account, received);
      const stream = await StreamClient.open(this.#url, key, query, { onReceived, keep: false });
      this.#streams.push(stream);
    });
    const answered = account.latestPlaces();
    for (const write of answered) {
      if (write.wire.by === "http") this.#watch(this.#callAgain(client, write));
    }
    for (let count = 0; count < HTTP_CLIENTS; count += 1) {
      this.#watch(this.#workHttp(account, client));
    }
    for (let count = 0; count < SOCKET_CLIENTS; count += 1) {
      this.#watch(this.#workSocket(account, answered));
    }
  }

  #watch(worker: Promise<void>): void {
    this.#workers.push(worker.catch((error) => this.#fail(error)));
  }

  #pushed(account: Account, received: Received): void {
    try {
      account.pushed(received);
    } catch (error) {
      this.#fail(error);
    }
    this.#onEvent();
  }

  async #workHttp(account: Account, client: SignedClient): Promise<void> {
    for (;;) {
      const write = this.#next(account, "http");
      if (write === null) return;
      await this.#attempt(account, write, () => this.#call(client, write));
    }
  }

  async #workSocket(account: Account, answered: readonly Write[]): Promise<void> {
    await this.#unlessDead(async () => {
      const stream = await StreamClient.open(this.#url, account.key, "commands=1");
      this.#streams.push(stream);
      for (const write of answered) {
        if (write.wire.by === "socket") await this.#commandAgain(stream, write);
      }
      for (;;) {
        const write = this.#next(account, "socket");
        if (write === null) return;
        await this.#attempt(account, write, () => this.#command(stream, write));
      }
    });
  }

  /** First what has to be sent again; null when this client has nothing more to do. */
  #next(account: Account, by: Write["wire"]["by"]): Write | null {
    if (this.#gatewayIsDead) return null;
    return takeUnanswered(account, by) ?? (this.#running ? newWrite(account, by) : null);
  }

  async #call(client: SignedClient, { wire }: Write): Promise<WriteAnswer> {
    assert.ok(wire.by === "http");
    const answer = await client.send(wire.signed, this.#onEvent);
    assert.ok(answer.status < 500 || answer.status === 503, answer.text);
    return writeAnswerOf(answer);
  }

  async #command(stream: StreamClient, { wire }: Write): Promise<WriteAnswer> {
    assert.ok(wire.by === "socket");
    stream.received.length = 0;
    stream.send(wire.text);
    this.#onEvent();
    try {
      const { text } = await stream.seen("the reply", ({ message }) => message.id === wire.id);
      return { text, isReplay: false };
    } catch (error) {
      throw new NoAnswer(error as Error);
    }
  }

  /** Sends a write; when the gateway dies over it, it is to be sent again. */
  async #attempt(account: Account, write: Write, send: () => Promise<WriteAnswer>): Promise<void> {
    write.sentCount += 1;
    try {
      account.answered(write, await send());
      this.#onEvent();
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      assert.ok(this.#gatewayIsDead, `a living gateway left a request: ${error.message}`);
      account.unanswered.push(write);
      account.unknownCount += 1;
    }
  }

  /** An answer that was given must be given again, to the byte, and must say so. */
  async #callAgain(client: SignedClient, write: Write): Promise<void> {
    await this.#unlessDead(async () => {
      const again = await this.#call(client, write);
      assert.equal(again.text, write.answer?.text);
      assert.ok(again.isReplay);
    });
  }

  async #commandAgain(stream: StreamClient, write: Write): Promise<void> {
    const again = await this.#command(stream, write);
    assert.equal(again.text, write.answer?.text);
  }

  async #unlessDead(act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      if (!this.#gatewayIsDead || error instanceof assert.AssertionError) throw error;
    }
  }
}

export function newAccounts(random: Random): Account[] {
  return [KEY_1, KEY_2].map((key) => new Account(key, random));
}

function takeUnanswered(account: Account, by: Write["wire"]["by"]): Write | null {
  const index = account.unanswered.findIndex(({ wire }) => wire.by === by);
  return index === -1 ? null : (account.unanswered.splice(index, 1)[0] ?? null);
}

function newWrite(account: Account, by: Write["wire"]["by"]): Write {
  const { customer } = account;
  const write = by === "http" ? customer.httpWrite() : customer.socketWrite();
  account.writes.push(write);
  return write;
}

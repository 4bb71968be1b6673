// Goal: whatever the wire and the gateway do to a stream, its open orders are those of the gateway
// in the end, nothing is told twice or left out, and each command on it ends truthfully. Faults by
// a seed: CLIENT_FAULTS_SEED and CLIENT_FAULTS_STEPS for other and longer runs.
import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { Calls } from "./calls.ts";
import { ServerClock } from "./clock.ts";
import { ConnectionError, OutcomeUnknownError } from "./errors.ts";
import { OrderStream, type StreamEvent } from "./order-stream.ts";
import { Signer } from "./sign.ts";
import type { SocketListener } from "./socket.ts";
import { Transport } from "./transport.ts";
import type { OrderUpdate } from "./wire.ts";

const SEED = Number(process.env["CLIENT_FAULTS_SEED"] ?? 7);
const STEPS = Number(process.env["CLIENT_FAULTS_STEPS"] ?? 1_500);
/** Of the event loop, in which a stream without a connection goes on. */
const TURNS_MAX = 300;
const CREDENTIALS = { apiKey: "demo-key", secret: "demo-secret" };

/** Fractions from 0, of a linear congruence. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

interface Told {
  readonly order_no: string;
  readonly order_status: "new" | "can";
  /** Of the command that placed it. */
  readonly id: string;
}

interface Connection {
  readonly query: URLSearchParams;
  readonly listener: SocketListener;
  isOpen: boolean;
  isClosed: boolean;
  /** On their way. */
  readonly messages: object[];
}

/** The gateway, the wire and the clock of one stream. */
class World {
  readonly random: () => number;
  readonly stream: OrderStream;
  readonly calls: Calls;
  readonly everPlaced = new Set<string>();
  /** As the gateway has it: the event of seq n at n - 1. */
  events: Told[] = [];
  #history = 1;
  #placedCount = 0;
  readonly #timers = new Set<() => void>();
  #connection: Connection | null = null;
  #isConnected: (() => void) | null = null;

  constructor(seed: number) {
    this.random = randomOf(seed);
    const signer = new Signer(CREDENTIALS);
    const nobody = async () => {};
    this.stream = new OrderStream(
      {
        baseUrl: "http://gateway",
        clock: new ServerClock(() => 1_746_774_142_000),
        signer,
        measureClock: nobody,
        probe: nobody,
      },
      {
        commands: true,
        after: (_ms, run) => {
          this.#timers.add(run);
          return { cancel: () => this.#timers.delete(run) };
        },
        openSocket: (url, _headers, listener) => this.#connect(url, listener),
      },
    );
    const commands = this.stream.commands;
    assert.ok(commands !== null);
    const transport = new Transport({
      baseUrl: "http://gateway",
      credentials: CREDENTIALS,
      now: () => 0,
      delay: settled,
    });
    this.calls = new Calls(transport.withCommands(commands));
  }

  #connect(url: string, listener: SocketListener) {
    const query = new URL(url).searchParams;
    const connection = { query, listener, isOpen: false, isClosed: false, messages: [] };
    this.#connection = connection;
    this.#isConnected?.();
    return {
      send: (text: string) => {
        // What is sent into a broken connection may arrive or not.
        if (!connection.isClosed) this.#command(JSON.parse(text) as Command, connection);
      },
      close: () => {
        connection.isClosed = true;
      },
    };
  }

  /** Where it may go wrong: something happens, to the gateway or to what it says. */
  async step(isFaulty: boolean): Promise<void> {
    const chance = this.random();
    const connection = this.#connection;
    if (connection === null || connection.isClosed) return this.#reconnect();
    if (!connection.isOpen) this.#open(connection, isFaulty && chance < 0.2);
    else if (isFaulty && chance < 0.02) this.#break(connection);
    else if (isFaulty && chance < 0.03) this.#runTimer();
    else if (isFaulty && chance < 0.04) this.#restart(connection);
    else if (isFaulty && chance < 0.3) this.#cancelOne();
    else this.#deliver(connection, isFaulty);
    await settled();
  }

  async #reconnect(): Promise<void> {
    const isConnected = new Promise<void>((resolve) => {
      this.#isConnected = resolve;
    });
    this.#connection = null;
    // The handshake that was refused is looked into first.
    // The first try after a loss may be made at once.
    for (let turns = 0; this.stream.state !== "waiting"; turns += 1) {
      assert.ok(turns < TURNS_MAX, `it connects or waits, and is ${this.stream.state}`);
      await settled();
      if (this.#connection !== null) return;
    }
    this.#runTimer();
    await isConnected;
  }

  #open(connection: Connection, isRefused: boolean): void {
    if (isRefused) {
      this.#break(connection);
      return;
    }
    connection.isOpen = true;
    const { messages, query } = connection;
    const history = { type: "history", history: `h${this.#history}` };
    const [after, of] = (query.get("after_seq") ?? "").split("@");
    const seq = this.events.length;
    if (query.has("snapshot")) {
      messages.push(history, { type: "snapshot", seq, data: { orders: [...this.open()] } });
    } else if (Number(after) > seq || (of !== undefined && of !== history.history)) {
      messages.push({ type: "error", reason: "seq_out_of_range", retryable: false }, END);
    } else {
      messages.push(history, ...this.events.map(messageOf).slice(Number(after)));
    }
    messages.push({ type: "live", seq });
    connection.listener.opened();
  }

  #runTimer(): void {
    const [run] = this.#timers;
    if (run === undefined) return;
    this.#timers.delete(run);
    run();
  }

  #break(connection: Connection): void {
    if (connection.isClosed) return;
    connection.isClosed = true;
    connection.listener.closed(1006, "");
  }

  /** With data that was put back from a backup. */
  #restart(connection: Connection): void {
    this.#history += 1;
    this.events = this.events.slice(0, Math.floor(this.events.length * this.random()));
    this.#break(connection);
  }

  #deliver(connection: Connection, isFaulty: boolean): void {
    const { listener, messages } = connection;
    const chance = isFaulty ? this.random() : 1;
    const seq = this.events.length;
    const message = messages.shift() ?? { type: "heartbeat", data: { timestamp: 1, seq } };
    if (message === END) {
      this.#break(connection);
      return;
    }
    const text = JSON.stringify(message);
    if (chance < 0.02) return;
    if (chance < 0.04) messages.splice(1, 0, message);
    else if (chance < 0.05) listener.received(text.slice(0, text.length / 2));
    else listener.received(text);
    if (chance < 0.1 && chance >= 0.05) listener.received(text);
  }

  #command({ id }: Command, { messages }: Connection): void {
    const there = this.events.find((event) => event.id === id);
    if (there === undefined) {
      this.#placedCount += 1;
      const order_no = String(22_000_000_000 + this.#placedCount);
      this.everPlaced.add(order_no);
      this.#tell({ order_no, order_status: "new", id });
      messages.push({ type: "reply", id, code: 0, data: { order_no } });
    } else {
      messages.push({ type: "reply", id, code: 0, data: { order_no: there.order_no } });
    }
  }

  #cancelOne(): void {
    const [oldest] = this.open();
    if (oldest !== undefined) this.#tell({ ...oldest, order_status: "can" });
  }

  #tell(event: Told): void {
    this.events.push(event);
    const { messages, isOpen, isClosed } = this.#connection ?? {};
    if (isOpen && !isClosed) messages?.push(messageOf(event, this.events.length - 1));
  }

  open(): Told[] {
    const orders = new Map(this.events.map((event) => [event.order_no, event]));
    return [...orders.values()].filter(({ order_status }) => order_status === "new");
  }
}

interface Command {
  readonly id: string;
}

/** The gateway closes the connection. */
const END = {};

function messageOf(event: Told, index: number): object {
  return { type: "order", seq: index + 1, data: event };
}

function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Folds what is told, and holds it to its promise: in order, once, without gaps. */
async function folded(stream: OrderStream): Promise<Map<string, OrderUpdate>> {
  const orders = new Map<string, OrderUpdate>();
  let seq = 0;
  for await (const event of stream as AsyncIterable<StreamEvent>) {
    if (event.type === "snapshot") {
      orders.clear();
      for (const order of event.orders) orders.set(order.order_no, order);
      seq = event.seq;
    } else if (event.type === "order") {
      assert.equal(event.seq, seq + 1);
      seq = event.seq;
      if (event.order.order_status === "can") orders.delete(event.order.order_no);
      else orders.set(event.order.order_no, event.order);
    }
  }
  return orders;
}

test(`client: a stream that goes wrong ends as the gateway stands, seed ${SEED}`, async () => {
  const world = new World(SEED);
  const { calls, everPlaced, stream } = world;
  const reading = folded(stream);
  const placing: Promise<unknown>[] = [];
  for (let count = 0; count < STEPS; count += 1) {
    if (count % 10 === 0) placing.push(placed(calls));
    await world.step(true);
  }
  const ends = await Promise.race([Promise.all(placing), quiet(world)]);
  assert.ok(ends !== null, "each command ends");
  for (const end of ends) {
    assert.ok(end instanceof Error || everPlaced.has(String(end)), `${end} was never placed`);
  }
  await quiet(world);
  const open = world.open().map(({ order_no }) => order_no);
  assert.deepEqual(
    stream.openOrders.all().map(({ order_no }) => order_no),
    open,
  );
  const last = placed(calls);
  stream.close();
  assert.ok((await last) instanceof Error, "a call on a closed stream is done");
  assert.deepEqual([...(await reading).keys()].sort(), open.sort());
});

/** The number of a new order, or how it failed. */
async function placed(calls: Calls): Promise<unknown> {
  try {
    const data = await calls.write("POST", "/trade/v1/orders", { symbol: "00700" });
    return (data as { readonly order_no: string }).order_no;
  } catch (error) {
    assert.ok(error instanceof OutcomeUnknownError || error instanceof ConnectionError);
    return error;
  }
}

/** Nothing goes wrong any more, until all is told. */
async function quiet(world: World): Promise<null> {
  for (let count = 0; count < 3 * STEPS + 100; count += 1) await world.step(false);
  return null;
}

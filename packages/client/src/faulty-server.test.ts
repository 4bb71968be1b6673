// Goal: whatever stands before a gateway or breaks on the way, a write ends in done, not done, or
// unknown, truthfully; no call is left hanging, and no timer outlives it. A server that goes
// wrong by a seed: CLIENT_FAULTS_SEED and CLIENT_FAULTS_WRITES for other and longer runs.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import process from "node:process";
import { test } from "node:test";
import { CountermandClient } from "./client.ts";
import { ApiError, ConnectionError, OutcomeUnknownError } from "./errors.ts";
import type { PlaceRequest } from "./wire.ts";

const SEED = Number(process.env["CLIENT_FAULTS_SEED"] ?? 7);
const WRITES = Number(process.env["CLIENT_FAULTS_WRITES"] ?? 80);
const STEP_MS = 100;

/** Fractions from 0, of a linear congruence. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

interface Exchange {
  readonly response: ServerResponse;
  /** Carries it out, once for the same signature, and gives the answer. */
  readonly act: () => object;
}

const FAULTS: readonly ((exchange: Exchange) => void)[] = [
  ({ response }) => response.writeHead(502).end("<html><title>502 Bad Gateway</title></html>"),
  ({ response }) => response.socket?.resetAndDestroy(),
  ({ act, response }) => {
    act();
    response.socket?.resetAndDestroy();
  },
  ({ act, response }) => {
    const text = JSON.stringify(act());
    response.writeHead(200, { "Content-Length": text.length });
    response.write(text.slice(0, text.length / 2), () => response.destroy());
  },
  ({ act, response }) => {
    const text = JSON.stringify(act());
    response.end(text.slice(0, text.length - 3));
  },
  ({ act, response }) => {
    act();
    response.writeHead(504).end("upstream timed out");
  },
  ({ act, response }) => {
    act();
    refuse(response, 500, 11050001, "outcome_unknown");
  },
  ({ response }) => refuse(response, 503, 11050301, "overloaded"),
  ({ response }) => refuse(response, 408, 11040801, "request_timeout"),
  ({ response }) => refuse(response, 404, 404, ""),
  ({ response }) => refuse(response, 401, 11040101, "signature_invalid"),
  ({ act, response }) => {
    act();
    response.end('{"code":"0","data":{}}');
  },
  // It never answers.
  () => {},
  ({ act }) => void act(),
];

function refuse(response: ServerResponse, status: number, code: number, reason: string): void {
  const failure = { code, message: "m", details: "", reason, retryable: status === 503 };
  response.writeHead(status, { "Retry-After": "0" }).end(JSON.stringify(failure));
}

/** Orders by the signature that placed them, behind faults. */
class FaultyServer {
  readonly server = createServer((request, response) => void this.#take(request, response));
  readonly #random: () => number;
  readonly #orders = new Map<
    string,
    { readonly order_no: string; readonly reference_id: string }
  >();

  constructor(random: () => number) {
    this.#random = random;
  }

  placed(referenceId: string) {
    return [...this.#orders.values()].filter((each) => each.reference_id === referenceId);
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.on("error", () => {});
    let body = "";
    for await (const chunk of request) body += chunk;
    const act = () => this.#answer(request, body);
    const isFaulty = this.#random() < 0.7;
    const fault = FAULTS[Math.floor(this.#random() * FAULTS.length)];
    if (isFaulty) fault?.({ response, act });
    else response.end(JSON.stringify(act()));
  }

  #answer(request: IncomingMessage, body: string): object {
    const signature = String(request.headers["x-api-signature"]);
    const { reference_id } = JSON.parse(body) as { readonly reference_id: string };
    const order_no = String(22_000_000_000 + this.#orders.size);
    const order = this.#orders.get(signature) ?? { order_no, reference_id };
    this.#orders.set(signature, order);
    return { code: 0, data: { order_no: order.order_no } };
  }
}

/** What a write ended in; throws what it must not end in. */
async function outcomeOf(client: CountermandClient, request: PlaceRequest): Promise<string> {
  try {
    return (await client.place(request)).order_no;
  } catch (error) {
    if (error instanceof OutcomeUnknownError) {
      assert.match(error.message, /; look for the order by its reference_id/);
      return "unknown";
    }
    assert.ok(error instanceof ApiError || error instanceof ConnectionError, String(error));
    return "not done";
  }
}

test(`client: behind a server that goes wrong writes end truthfully, seed ${SEED}`, async (t) => {
  const faulty = new FaultyServer(randomOf(SEED));
  const { server } = faulty;
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  let nowMs = 0;
  const client = new CountermandClient({
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    credentials: { apiKey: "demo-key", secret: "demo-secret" },
    attemptTimeoutMs: 10,
    callTimeoutMs: 4 * STEP_MS,
    monotonicMs: () => nowMs,
    // Time passes by pauses only.
    delay: () => {
      nowMs += STEP_MS;
      return new Promise((resolve) => setImmediate(resolve));
    },
  });
  const outcomes = new Map<string, string>();
  for (let count = 0; count < WRITES; count += 1) {
    const reference_id = `f-${count}`;
    outcomes.set(reference_id, await outcomeOf(client, { ...ORDER, reference_id }));
  }
  assert.ok(!process.getActiveResourcesInfo().includes("Timeout"), "a timer outlives its call");
  const seen = { done: 0, "not done": 0, unknown: 0 };
  for (const [reference_id, outcome] of outcomes) {
    const placed = faulty.placed(reference_id);
    assert.ok(placed.length <= 1, `${reference_id} acted ${placed.length} times`);
    if (outcome === "not done") assert.equal(placed.length, 0, `${reference_id} was done`);
    else if (outcome !== "unknown") assert.equal(placed[0]?.order_no, outcome);
    seen[outcome === "not done" || outcome === "unknown" ? outcome : "done"] += 1;
  }
  for (const [outcome, count] of Object.entries(seen)) assert.ok(count > 0, `never ${outcome}`);
});

const ORDER = {
  market: "hkex",
  symbol: "00700",
  order_side: "buy",
  order_type: "limit_order",
  price: "400",
  qty: "100",
} as const;

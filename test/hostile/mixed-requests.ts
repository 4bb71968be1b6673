/**
 * What one client says on one connection, by a seed: good and bad requests of many forms, one
 * behind the other, and what an HTTP server that keeps its promises makes of each.
 */
import type { Random } from "../e2e/crash/random.ts";
import { KEY_1, sign } from "../e2e/signed-client.ts";

export interface MixedRequest {
  /** For people. */
  readonly name: string;
  readonly bytes: Buffer;
  /** The answer carries it, if the head could be read. */
  readonly requestId: string;
  readonly statuses: readonly number[];
  readonly isHead: boolean;
  /** What becomes of the connection behind the answer. */
  readonly after: "stays" | "closes" | "may close" | "upgrades";
  /** Behind answers that are under way it may find none, where the client will say no more. */
  readonly needsMore: boolean;
  /** What it does to the order with this reference where it is carried out; null: nothing. */
  readonly act: { readonly does: "place" | "cancel"; readonly reference: string } | null;
}

type Line = readonly [name: string, value: string];

interface Form {
  readonly lines?: readonly Line[];
  readonly version?: "1.0" | "1.1";
  readonly body?: "length" | "chunks" | "no chunks";
}

const ORDERS = "/trade/v1/orders";
const CLOSE: Line = ["Connection", "close"];
const HANDSHAKE: readonly Line[] = [
  ["Connection", "Upgrade"],
  ["Upgrade", "websocket"],
  ["Sec-WebSocket-Version", "13"],
  ["Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="],
];
/** Of requests; mostly few. */
const LENGTHS = [1, 2, 3, 5, 8, 12, 20, 40];

const UNSIGNED: readonly (readonly [target: string, status: number])[] = [
  ["/time", 200],
  ["/health/live", 200],
  ["/nothing", 404],
  ["/market/v1/depth?symbol=00700", 200],
  ["/openapi.json", 200],
  ["/docs", 200],
  ["/ws/trade/v1", 426],
];

let requestCount = 0;

class Mixer {
  readonly requests: MixedRequest[] = [];
  readonly #random: Random;
  readonly #prefix: string;
  /** References of orders that this client believes are open. */
  readonly #open: string[] = [];
  #orderCount = 0;

  constructor(random: Random, prefix: string) {
    this.#random = random;
    this.#prefix = prefix;
  }

  /** An ordinary request, or one that another reader could stumble over. */
  add(): void {
    const kind = this.#random.below(100);
    if (kind < 38 || this.#open.length === 0) this.#open.push(this.#place("an order", [200]));
    else if (kind < 62) this.#cancel(kind < 50);
    else if (kind < 70) this.#query();
    else if (kind < 80) this.#look();
    else if (kind < 85) this.#head();
    else if (kind < 88) this.#wrongSignature();
    else if (kind < 90) this.#wrongBody();
    else this.#last();
  }

  /** What a server may or must end the connection behind. */
  #last(): void {
    const random = this.#random;
    const kinds: readonly (() => void)[] = [
      () => this.#place("an order, the last", [200], "closes", { lines: [CLOSE] }),
      () => this.#raw("the time, the last", "GET /time", { status: 200, lines: [CLOSE] }),
      () => this.#refused("an order with two hosts", { lines: [["Host", "other"]] }),
      () => this.#raw("a method that nobody takes", `PATCH ${ORDERS}`, { status: 405 }),
      () => this.#refused("an order that expects tea", { lines: [["Expect", "tea"]] }),
      () => this.#refused("an order with two lengths", { lines: [["Content-Length", "3"]] }),
      () => this.#refused("an order in no chunks", { body: "no chunks" }),
      () => this.#place("an order of HTTP/1.0", [200], "closes", { version: "1.0" }),
      () => this.#lastingOld(),
      () => this.#offer(),
      () => this.#tooLong(),
      () => this.#raw("a body that never comes", `POST ${ORDERS}`, { status: 413, lines: [LONG] }),
      () => this.#garbage(),
      () => this.#bareHandshake(),
      () => this.#handshake(),
    ];
    random.pick(kinds)();
  }

  #form(): Form {
    const { lines, chunked } = this.#random.pick<{ lines: readonly Line[]; chunked: boolean }>([
      { lines: [], chunked: false },
      { lines: [], chunked: true },
      { lines: [["Expect", "100-continue"]], chunked: false },
      { lines: [["Expect", "100-continue"]], chunked: true },
      { lines: [["Accept", "*/*"]], chunked: false },
      { lines: [["X-Odd", "a\tb"]], chunked: false },
      { lines: [["Connection", "keep-alive"]], chunked: true },
    ]);
    return { lines, body: chunked ? "chunks" : "length" };
  }

  #place(
    name: string,
    statuses: readonly number[],
    after: MixedRequest["after"] = "stays",
    form: Form = this.#form(),
  ): string {
    this.#orderCount += 1;
    const reference = `${this.#prefix}-${this.#orderCount}`;
    const act = { does: "place", reference } as const;
    this.#signed({ name, statuses, after, act }, ["POST", ORDERS, orderText(reference)], form);
    return reference;
  }

  /** It must not be placed: its reference stands for nothing. */
  #refused(name: string, form: Form): void {
    this.#orderCount += 1;
    const body = orderText(`${this.#prefix}-${this.#orderCount}`);
    const told = { name, statuses: [400], after: "closes", needsMore: true } as const;
    this.#signed(told, ["POST", ORDERS, body], form);
  }

  #cancel(byQuery: boolean): void {
    const [reference = ""] = this.#open.splice(this.#random.below(this.#open.length), 1);
    const told = {
      name: byQuery ? "a cancel by query" : "a cancel by body",
      statuses: [200],
      act: { does: "cancel", reference } as const,
    };
    if (byQuery) this.#signed(told, ["DELETE", `${ORDERS}?reference_id=${reference}`, ""], {});
    else this.#signed(told, ["DELETE", ORDERS, referenceText(reference)], this.#form());
  }

  #query(): void {
    const reference = this.#random.pick(this.#open);
    const asked = ["GET", `${ORDERS}?reference_id=${reference}`, ""] as const;
    this.#signed({ name: "a query", statuses: [200] }, asked, {});
  }

  #wrongSignature(): void {
    const options = { headers: { "X-API-Signature": "AAAA" } };
    const asked = ["GET", ORDERS, ""] as const;
    this.#signed({ name: "a wrong signature", statuses: [401] }, asked, {}, options);
  }

  #wrongBody(): void {
    this.#signed({ name: "no JSON", statuses: [400] }, ["POST", ORDERS, '{"x":'], this.#form());
  }

  #look(): void {
    const [target, status] = this.#random.pick(UNSIGNED);
    this.#raw(target, `GET ${target}`, { status, after: "stays" });
  }

  #head(): void {
    const [target, status] = this.#random.pick(UNSIGNED.slice(0, 5));
    this.#raw(`HEAD ${target}`, `HEAD ${target}`, { status, after: "stays" });
  }

  #lastingOld(): void {
    const form: Form = { version: "1.0", lines: [["Connection", "keep-alive"]] };
    this.#place("an order of HTTP/1.0 that goes on", [200], "stays", form);
  }

  #offer(): void {
    const lines: readonly Line[] = [
      ["Connection", "Upgrade"],
      ["Upgrade", "h2c"],
    ];
    this.#place("an order that offers HTTP/2", [200], "closes", { lines });
  }

  #tooLong(): void {
    const body = " ".repeat(this.#random.pick([17_000, 70_000, 300_000]));
    const told = { name: "a long body", statuses: [400, 413], after: "may close" } as const;
    this.#signed(told, ["POST", ORDERS, body], {});
  }

  #garbage(): void {
    const bytes = Buffer.from("NOT HTTP\r\n\r\n");
    this.#append({ name: "garbage", statuses: [400], after: "closes", needsMore: true }, bytes, "");
  }

  #bareHandshake(): void {
    // Or it did not wait for the answers before it.
    const statuses = this.requests.length === 0 ? [401] : [401, 426];
    const requestId = nextRequestId();
    const bytes = requestBytes("GET /ws/trade/v1", { requestId, lines: HANDSHAKE });
    const told = { name: "a bare handshake", statuses, after: "closes" } as const;
    this.#append({ ...told, needsMore: true }, bytes, requestId);
  }

  #handshake(): void {
    const target = "/ws/trade/v1?heartbeat=30";
    const requestId = nextRequestId();
    const { headers } = sign(KEY_1, "CONNECT", target);
    const lines = [...Object.entries(headers), ...HANDSHAKE];
    const bytes = requestBytes(`GET ${target}`, { requestId, lines });
    // It did not wait for the answers before it.
    const statuses = this.requests.length === 0 ? [101] : [101, 426];
    this.#append(
      { name: "a handshake", statuses, after: "upgrades", needsMore: true },
      bytes,
      requestId,
    );
  }

  #raw(
    name: string,
    asked: string,
    {
      status,
      lines = [],
      after = "closes",
    }: { readonly status: number; readonly lines?: readonly Line[] } & Partial<
      Pick<MixedRequest, "after">
    >,
  ): void {
    const requestId = nextRequestId();
    const statuses = [status];
    const isHead = asked.startsWith("HEAD ");
    this.#append(
      { name, statuses, isHead, after },
      requestBytes(asked, { requestId, lines }),
      requestId,
    );
  }

  #signed(
    told: Told,
    [method, target, body]: readonly [method: string, target: string, body: string],
    form: Form,
    options: Parameters<typeof sign>[4] = {},
  ): void {
    const requestId = nextRequestId();
    const { headers } = sign(KEY_1, method, target, body, options);
    const lines = [...Object.entries(headers), ...(form.lines ?? []), ...this.#framing(body, form)];
    const content = this.#content(body, form);
    const { version } = form;
    const bytes = requestBytes(`${method} ${target}`, { requestId, lines, version, content });
    this.#append(told, bytes, requestId);
  }

  #framing(body: string, { body: how = "length" }: Form): readonly Line[] {
    if (body === "") return [];
    if (how === "length") return [["Content-Length", String(body.length)]];
    return [["Transfer-Encoding", "chunked"]];
  }

  #content(body: string, { body: how = "length" }: Form): string {
    if (body === "" || how === "length") return body;
    if (how === "no chunks") return `zz\r\n${body}\r\n0\r\n\r\n`;
    const chunks: string[] = [];
    for (let from = 0; from < body.length; ) {
      const length = 1 + this.#random.below(body.length);
      const chunk = body.slice(from, from + length);
      chunks.push(`${chunk.length.toString(16)}\r\n${chunk}\r\n`);
      from += length;
    }
    const trailer = this.#random.oneIn(3) ? "X-Trailer: a\r\n" : "";
    return `${chunks.join("")}0\r\n${trailer}\r\n`;
  }

  #append(told: Told, bytes: Buffer, requestId: string): void {
    this.requests.push({ ...ORDINARY, ...told, bytes, requestId });
  }
}

const ORDINARY = { isHead: false, after: "stays", needsMore: false, act: null } as const;

type Told = Pick<MixedRequest, "name" | "statuses"> & Partial<MixedRequest>;

const LONG: Line = ["Content-Length", "3000000"];

/** The requests of a conversation; references of its orders begin with the prefix. */
export function mixedRequests(random: Random, prefix: string): readonly MixedRequest[] {
  const mixer = new Mixer(random, prefix);
  for (let left = random.pick(LENGTHS); left > 0; left -= 1) mixer.add();
  return mixer.requests;
}

/** Behind it every server that understood what came before closes. */
export function lastRequest(): MixedRequest {
  const requestId = nextRequestId();
  const bytes = requestBytes("GET /time", { requestId, lines: [CLOSE] });
  return { ...ORDINARY, name: "the end", statuses: [200], bytes, requestId, after: "closes" };
}

function requestBytes(
  asked: string,
  {
    requestId,
    lines,
    version = "1.1",
    content = "",
  }: {
    readonly requestId: string;
    readonly lines: readonly Line[];
    readonly version?: "1.0" | "1.1" | undefined;
    readonly content?: string;
  },
): Buffer {
  const all: readonly Line[] = [["Host", "localhost"], ["X-Request-Id", requestId], ...lines];
  const head = all.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return Buffer.from(`${asked} HTTP/${version}\r\n${head}\r\n${content}`, "latin1");
}

function nextRequestId(): string {
  requestCount += 1;
  return `mixed-${requestCount}`;
}

function orderText(reference: string): string {
  const order = { market: "hkex", symbol: "00700", order_side: "buy", order_type: "limit_order" };
  return JSON.stringify({ ...order, price: 1, qty: 100, reference_id: reference });
}

function referenceText(reference: string): string {
  return JSON.stringify({ reference_id: reference });
}

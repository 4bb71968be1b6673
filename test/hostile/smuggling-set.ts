/**
 * Requests that two readers could frame differently (request smuggling). Each case is bytes, and
 * every outcome that one reading of RFC 9112 allows. Inside each is a request that places an order
 * under a name of its own: whoever reads it as a request of its own is seen by that order.
 */
import { type Key, sign } from "../e2e/signed-client.ts";
import { BUY } from "../e2e/wire-orders.ts";

export interface SmugglingCase {
  readonly name: string;
  readonly bytes: Buffer;
  /**
   * What may become of it: the statuses of all final answers in their order, "placed" for the order
   * inside when it is a request in its own right, and "end" when the connection is good for more.
   */
  readonly outcomes: readonly string[];
  /** The `reference_id` of the order inside. */
  readonly reference: string;
}

/** A request that attacks are hung on, and what it gets when it is framed as it should be. */
export interface Carrier {
  readonly name: string;
  readonly requestLine: string;
  readonly good: string;
  /** Where the answer may come before the body was looked at: then there is no second one. */
  readonly early?: string;
  readonly rows: (body: string) => Rows;
  readonly body: string;
}

export type Rows = readonly (readonly [name: string, value: string])[];

const ORDERS = "/trade/v1/orders";
const CANCEL = '{"order_no":"99"}';
const AMEND = '{"order_no":"99","price":400}';
const ESTIMATE = '{"market":"hkex","symbol":"00700","order_side":"buy","price":438.3,"ratio":0.5}';

/** The last request of every conversation: answered only by a server that is still in step. */
export const LAST_REQUEST = Buffer.from(
  "GET /time HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: the-end\r\nConnection: close\r\n\r\n",
);

/** New signatures each time: a case is used once. `prefix` names its orders. */
export function smugglingSet(key: Key, prefix: string): SmugglingCase[] {
  const all = carriers(key);
  return collected(
    all,
    (index) => placing(key, `${prefix}-${index}`),
    prefix,
    (add) => {
      addTargets(add, firstOf(all), (outcomes) => outcomes);
      addUpgrades(add, key);
      addPipelines(add, key);
    },
  );
}

/** A listener beside that of traders: what may be hung on it, and what acts there under a name. */
export interface OtherSite {
  readonly carriers: readonly Carrier[];
  readonly acting: (reference: string) => string;
  /** What is answered to whatever says nothing of who asks. */
  readonly unknown: string;
}

/** The same at another listener, but for what only traders have. */
export function smugglingSetAt(site: OtherSite, prefix: string): SmugglingCase[] {
  const { carriers: all, acting, unknown } = site;
  return collected(
    all,
    (index) => acting(`${prefix}-${index}`),
    prefix,
    (add) => {
      addTargets(add, firstOf(all), (outcomes) => outcomes.replaceAll(/200|404/g, unknown));
    },
  );
}

function firstOf([first]: readonly Carrier[]): Carrier {
  if (first === undefined) throw new Error("attacks are hung on something");
  return first;
}

function collected(
  all: readonly Carrier[],
  hiddenAt: (index: number) => string,
  prefix: string,
  more: (add: Add) => void,
): SmugglingCase[] {
  const cases: SmugglingCase[] = [];
  const add = (name: string, make: Make): void => {
    const { bytes, outcomes } = make(hiddenAt(cases.length));
    const reference = `${prefix}-${cases.length}`;
    const sent = Buffer.from(bytes, "latin1");
    cases.push({ name, reference, outcomes: outcomes.split("|"), bytes: sent });
  };
  for (const carrier of all) addFramings(add, carrier);
  addHeads(add, firstOf(all));
  more(add);
  return cases;
}

interface Made {
  readonly bytes: string;
  readonly outcomes: string;
}
type Make = (hidden: string) => Made;
type Add = (name: string, make: Make) => void;

/** Signed routes of each kind, short ways and long ones, and those that need no signature. */
function carriers(key: Key): Carrier[] {
  const signed = (method: string, path: string, body: string, good: string): Carrier => ({
    name: `${method} ${path}`,
    requestLine: `${method} ${path} HTTP/1.1`,
    good,
    rows: (sent) => Object.entries(sign(key, method, path, sent).headers),
    body,
  });
  const plain = (method: string, path: string, good: string, early: string): Carrier => ({
    name: `${method} ${path}`,
    requestLine: `${method} ${path} HTTP/1.1`,
    good,
    early,
    rows: () => [],
    body: CANCEL,
  });
  return [
    signed("DELETE", ORDERS, CANCEL, "404 end"),
    signed("DELETE", `${ORDERS}/batch`, `[${CANCEL}]`, "200 end"),
    signed("POST", `${ORDERS}/cancel`, CANCEL, "404 end"),
    signed("PUT", ORDERS, AMEND, "404 end"),
    signed("POST", `${ORDERS}/quantity`, ESTIMATE, "200 end"),
    plain("GET", "/time", "200 end", "200"),
    plain("POST", "/nowhere", "404 end", "404"),
  ];
}

/** How long is the body? */
function addFramings(add: Add, carrier: Carrier): void {
  const { body, good } = carrier;
  const n = String(body.length);
  const request = (rows: Rows, sent: string, tail = ""): string =>
    `${head(carrier.requestLine, [...carrier.rows(sent), ...rows])}${sent}${tail}`;
  const cl = (value: string) => ["Content-Length", value] as const;
  const te = (value: string) => ["Transfer-Encoding", value] as const;
  const both = (name: string, rows: (length: string) => Rows): void => {
    add(`${carrier.name}: ${name}`, (hidden) => {
      const sent = `0\r\n\r\n${hidden}`;
      return { bytes: request(rows(String(sent.length)), sent), outcomes: "400" };
    });
  };
  both("length and chunks", (length) => [cl(length), te("chunked")]);
  both("chunks and length", (length) => [te("chunked"), cl(length)]);
  both("a short length and chunks", () => [cl("5"), te("chunked")]);
  both("length 0 and chunks", () => [cl("0"), te("chunked")]);
  both("chunks in capitals and length", (length) => [te("CHUNKED"), cl(length)]);
  both("length and an unknown coding", (length) => [cl(length), te("xchunked")]);
  both("length and no coding", (length) => [cl(length), te("identity")]);
  both("length and an empty coding", (length) => [cl(length), te("")]);
  const lengths = (name: string, values: (length: number) => readonly string[]): void => {
    add(`${carrier.name}: ${name}`, (hidden) => {
      const sent = `${body}${hidden}`;
      const bytes = request(values(sent.length).map(cl), body, hidden);
      return { bytes, outcomes: "400" };
    });
  };
  lengths("two lengths, the first longer", (length) => [String(length), n]);
  lengths("two lengths, the first shorter", (length) => [n, String(length)]);
  lengths("two lengths that agree", () => [n, n]);
  lengths("a list of lengths", (length) => [`${n}, ${length}`]);
  lengths("a list of one and nothing", () => [`${n},`]);
  for (const value of [`-${n}`, `+${n}`, `0x${Number(n).toString(16)}`, `${n}e0`, `${n}.0`]) {
    lengths(`length ${value}`, () => [value]);
  }
  for (const value of [
    `${n} ${n}`,
    `${n};`,
    `"${n}"`,
    "",
    "9".repeat(40),
    `${n}\x0b`,
    `${n}\xb2`,
  ]) {
    lengths(`length ${JSON.stringify(value)}`, () => [value]);
  }
  lengths("a length beyond 64 bits that wraps around", () => {
    return [String(2n ** 64n + BigInt(n))];
  });
  add(`${carrier.name}: a length that is -1 to who counts with signs`, (hidden) => {
    const bytes = request([cl(String(2n ** 64n - 1n))], body, hidden);
    return {
      bytes,
      outcomes: carrier.early === undefined ? "400|413" : `400|413|${carrier.early}`,
    };
  });
  for (const value of [`00${n}`, ` \t${n}`, `${n} \t`]) {
    add(`${carrier.name}: length ${JSON.stringify(value)} is good`, (hidden) => {
      const bytes = `${request([cl(value)], body)}${hidden}`;
      return { bytes, outcomes: acted(good) };
    });
  }
  addCodings(add, carrier);
}

/** What follows is a request of its own, and answered. */
function acted(good: string): string {
  return good.replace("end", "placed end");
}

/** The coding of the body, and its chunks. */
function addCodings(add: Add, carrier: Carrier): void {
  const { body, good } = carrier;
  const start = (sent: string, ...values: readonly string[]): string => {
    const rows = values.map((value) => ["Transfer-Encoding", value] as const);
    return head(carrier.requestLine, [...carrier.rows(sent), ...rows]);
  };
  const chunk = `${body.length.toString(16)}\r\n${body}\r\n`;
  const refusedCoding = (...values: readonly string[]): void => {
    add(`${carrier.name}: codings ${JSON.stringify(values)}`, (hidden) => {
      return { bytes: `${start(body, ...values)}${chunk}0\r\n\r\n${hidden}`, outcomes: "400" };
    });
  };
  const refused = refusal(carrier);
  const wrong = [
    "xchunked",
    "chunkedx",
    "identity",
    "chunked, identity",
    '"chunked"',
    "chunked;q=1",
  ];
  for (const value of wrong) refusedCoding(value);
  const odd = [
    "\x0bchunked",
    "chunked\x0b",
    "chunk\ted",
    "chunked\0",
    "chunked, ,x",
    "\xa0chunked",
  ];
  for (const value of odd) refusedCoding(value);
  refusedCoding("chunked, chunked");
  refusedCoding("chunked", "chunked");
  refusedCoding("chunked", "identity");
  refusedCoding("identity", "chunked");
  refusedCoding("gzip, chunked");
  refusedCoding("");
  refusedCoding(",chunked");
  for (const value of ["chunked", "Chunked"]) {
    add(`${carrier.name}: coding ${JSON.stringify(value)} is good`, (hidden) => {
      const bytes = `${start(body, value)}${chunk}0\r\n\r\n${hidden}`;
      return { bytes, outcomes: acted(good) };
    });
  }
  add(`${carrier.name}: space around the coding`, (hidden) => {
    const bytes = `${start(body, "  chunked\t")}${chunk}0\r\n\r\n${hidden}`;
    return { bytes, outcomes: `${refused}|${acted(good)}` };
  });
  addChunks(add, carrier, start(body, "chunked"));
}

/** A body that cannot be framed is refused, unless nobody looked at it. */
function refusal({ early }: Carrier): string {
  return early === undefined ? "400" : `400|${early}`;
}

/** The chunks of the body. */
function addChunks(add: Add, carrier: Carrier, start: string): void {
  const { body, good } = carrier;
  const refused = refusal(carrier);
  const chunk = `${body.length.toString(16)}\r\n${body}\r\n`;
  for (const [name, text] of goodChunks(body)) {
    add(`${carrier.name}: chunks with ${name}`, (hidden) => {
      return { bytes: `${start}${text}${hidden}`, outcomes: acted(good) };
    });
  }
  for (const [name, text] of badChunks(body)) {
    add(`${carrier.name}: chunks with ${name}`, (hidden) => {
      return { bytes: `${start}${text}${hidden}`, outcomes: refused };
    });
  }
  // The last chunk is missing its empty line: the next request is a trailer, and a bad one.
  add(`${carrier.name}: a request in the trailers`, (hidden) => {
    return { bytes: `${start}${chunk}0\r\n${hidden}`, outcomes: refused };
  });
  // A length among the trailers changes nothing, refused or not.
  add(`${carrier.name}: a length in the trailers`, (hidden) => {
    const trailers = "0\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n";
    const bytes = `${start}${chunk}${trailers}${hidden}`;
    return { bytes, outcomes: `${refused}|${acted(good)}` };
  });
}

type Chunks = readonly (readonly [name: string, text: string])[];

function goodChunks(body: string): Chunks {
  const size = body.length.toString(16);
  const chunk = `${size}\r\n${body}\r\n`;
  return [
    ["an extension", `${size};a=b\r\n${body}\r\n0\r\n\r\n`],
    ["an extension in quotes", `${size};a="b;c"\r\n${body}\r\n0;x\r\n\r\n`],
    ["leading zeros", `000${size}\r\n${body}\r\n000\r\n\r\n`],
    ["size in capitals", `${size.toUpperCase()}\r\n${body}\r\n0\r\n\r\n`],
    [
      "two of them",
      `1\r\n${body[0]}\r\n${(body.length - 1).toString(16)}\r\n${body.slice(1)}\r\n0\r\n\r\n`,
    ],
    ["a trailer", `${chunk}0\r\nX-Trailer: x\r\n\r\n`],
  ];
}

function badChunks(body: string): Chunks {
  const size = body.length.toString(16);
  const chunk = `${size}\r\n${body}\r\n`;
  return [
    ["no size", `\r\n${body}\r\n0\r\n\r\n`],
    ["a negative size", `-${size}\r\n${body}\r\n0\r\n\r\n`],
    ["a signed size", `+${size}\r\n${body}\r\n0\r\n\r\n`],
    ["0x before the size", `0x${size}\r\n${body}\r\n0\r\n\r\n`],
    ["a space before the size", ` ${size}\r\n${body}\r\n0\r\n\r\n`],
    ["a size that is none", `${size}g\r\n${body}\r\n0\r\n\r\n`],
    ["a size beyond 64 bits", `${"f".repeat(17)}\r\n${body}\r\n0\r\n\r\n`],
    ["a size that wraps around", `1${size.padStart(16, "0")}\r\n${body}\r\n0\r\n\r\n`],
    ["a bare LF after the size", `${size}\n${body}\r\n0\r\n\r\n`],
    ["a bare CR after the size", `${size}\r${body}\r\n0\r\n\r\n`],
    ["a bare LF in an extension", `${size};a\n${body}\r\n0\r\n\r\n`],
    ["a bare LF after the data", `${size}\r\n${body}\n0\r\n\r\n`],
    ["no line end after the data", `${size}\r\n${body}0\r\n\r\n`],
    ["more data than said", `${size}\r\n${body}xx\r\n0\r\n\r\n`],
    ["a bare LF at the end", `${chunk}0\n\n`],
    ["a bare LF after a trailer", `${chunk}0\r\nX: y\n\r\n`],
    ["a folded trailer", `${chunk}0\r\nX: y\r\n z\r\n\r\n`],
  ];
}

/** The head of a request: its lines and its names. */
function addHeads(add: Add, carrier: Carrier): void {
  const { body, requestLine: line } = carrier;
  const rows = (): Rows => carrier.rows(body);
  const n = body.length;
  /** A good request but for one line among its headers. */
  const withLine = (name: string, text: string, outcomes = "400"): void => {
    add(`head: ${name}`, (hidden) => {
      const whole = head(line, [...rows(), ["Content-Length", String(n)]]);
      const bytes = whole.replace("\r\n\r\n", `\r\n${text}\r\n\r\n`);
      return { bytes: `${bytes}${body}${hidden}`, outcomes };
    });
  };
  const good = acted(carrier.good);
  withLine("a line without colon", "X-Padding");
  withLine("an empty name", ": x");
  withLine("a space before the colon", "X-Padding : x");
  withLine("a tab before the colon", "X-Padding\t: x");
  withLine("a space in a name", "X Padding: x");
  withLine("a folded line", "X-Padding: a\r\n b");
  withLine("a folded line with a tab", "X-Padding: a\r\n\tb");
  withLine("a NUL in a value", "X-Padding: a\0b");
  withLine("a NUL in a name", "X-Pad\0ding: x");
  withLine("a bare CR in a value", "X-Padding: a\rb");
  withLine("a bare CR that hides a length", "X-Padding: a\rContent-Length: 5");
  withLine("a bare LF that hides a coding", "X-Padding: a\nTransfer-Encoding: chunked");
  withLine("a bare LF in a value", "X-Padding: a\nX: b");
  withLine("CR CR LF", "X-Padding: a\r");
  withLine("a high byte in a name", "X-P\xe4dding: x");
  withLine("DEL in a name", "X-P\x7fdding: x");
  withLine("brackets in a name", "X-Padding(): x");
  withLine("a space before Content-Length's colon", "Content-Length : 5");
  withLine("a space before Transfer-Encoding's colon", "Transfer-Encoding : chunked");
  withLine("a name on one line, its colon on the next", "Transfer-Encoding\r\n: chunked");
  withLine("a folded coding", "Transfer-Encoding:\r\n chunked");
  withLine("an underscore makes another name", "Content_Length: 5", good);
  withLine("a prefix makes another name", "XContent-Length: 5", good);
  withLine("a length named by Connection", "Connection: Content-Length, keep-alive", good);
  withLine("two hosts", "Host: other");
  withLine("two hosts that agree", "Host: localhost");
  withLine("a quoted line end", 'X-Padding: "a\\\r\nb"');
  withLine("Expect that is not known", "Expect: the-best", "400|417");
  withLine("headers of more than 16 KiB", `X-Padding: ${"x".repeat(16_384)}`, "431");
  withLine("a method overridden", "X-HTTP-Method-Override: GET", good);
  withLine("Keep-Alive and TE", "TE: trailers, chunked\r\nKeep-Alive: timeout=1", good);
  add("head: a folded line first", (hidden) => {
    const bytes = head(line, [...rows(), ["Content-Length", String(n)]]);
    const folded = bytes.replace("\r\nHost", "\r\n Host");
    return { bytes: `${folded}${body}${hidden}`, outcomes: "400" };
  });
  add("head: no host", (hidden) => {
    const bytes = head(line, [...rows(), ["Content-Length", String(n)]]);
    const without = bytes.replace("Host: localhost\r\n", "");
    return { bytes: `${without}${body}${hidden}`, outcomes: "400" };
  });
  const lineEnds: readonly (readonly [name: string, from: RegExp, to: string])[] = [
    ["all line ends are bare LF", /\r\n/g, "\n"],
    ["all line ends are bare CR", /\r\n/g, "\r"],
    ["the request line ends with a bare LF", /\r\n/, "\n"],
    ["the last header ends with a bare LF", /\r\n\r\n/, "\n\r\n"],
    ["the empty line is a bare LF", /\r\n\r\n/, "\r\n\n"],
    ["LF and LF end the head", /\r\n\r\n/, "\n\n"],
    ["the line ends are LF CR", /\r\n/g, "\n\r"],
  ];
  for (const [name, from, to] of lineEnds) {
    add(`head: ${name}`, (hidden) => {
      const bytes = head(line, [...rows(), ["Content-Length", String(n)]]).replace(from, to);
      return { bytes: `${bytes}${body}${hidden}`, outcomes: "400" };
    });
  }
  add("head: Expect is answered and the body is not a request", (hidden) => {
    const signed = carrier.rows(hidden);
    const length: Rows = [["Content-Length", String(hidden.length)]];
    const expect: Rows = [["Expect", "100-continue"]];
    return {
      bytes: `${head(line, [...signed, ...length, ...expect])}${hidden}`,
      outcomes: "400 end",
    };
  });
}

/** The request line: its method, target and version. */
function addTargets(add: Add, carrier: Carrier, here: (outcomes: string) => string): void {
  const whole = (name: string, requestLine: string, outcomes: string): void => {
    add(`request line: ${name}`, (hidden) => {
      const bytes = `${requestLine}\r\nHost: localhost\r\n\r\n${hidden}`;
      return { bytes, outcomes: here(outcomes) };
    });
  };
  whole("absolute form", "GET http://localhost/time HTTP/1.1", "200 placed end");
  whole("absolute form of another host", "GET http://other:1/time HTTP/1.1", "200 placed end|400");
  whole(
    "absolute form of another scheme",
    "GET ftp://localhost/time HTTP/1.1",
    "404 placed end|400",
  );
  whole("authority form", "GET localhost:80 HTTP/1.1", "400");
  whole("no target", "GET HTTP/1.1", "400");
  whole("an empty target", "GET  HTTP/1.1", "400");
  whole("asterisk form", "OPTIONS * HTTP/1.1", "404 placed end|400");
  whole("an asterisk that is none", "GET * HTTP/1.1", "404 placed end|400");
  whole("CONNECT to a host", "CONNECT localhost:80 HTTP/1.1", "400|404|405|501");
  whole("CONNECT to a path", `CONNECT ${ORDERS} HTTP/1.1`, "400|404|405|501");
  whole("CONNECT to the stream", "CONNECT /ws/trade/v1 HTTP/1.1", "400|404|405|501");
  whole("TRACE", "TRACE /time HTTP/1.1", "404 placed end|405 placed end|400|405|501");
  whole("a method in small letters", "get /time HTTP/1.1", "400|501");
  whole("a method nobody knows", "SMUGGLE /time HTTP/1.1", "400|501");
  whole("a method with a NUL", "GE\0T /time HTTP/1.1", "400");
  whole("a space before the method", " GET /time HTTP/1.1", "400");
  // RFC 9112, 3: a reader may take several spaces for one.
  whole("two spaces", "GET  /time HTTP/1.1", "400|200 placed end");
  whole("two spaces before the version", "GET /time  HTTP/1.1", "400|200 placed end");
  whole("a tab instead of a space", "GET\t/time HTTP/1.1", "400");
  whole("a space behind the version", "GET /time HTTP/1.1 ", "400");
  whole("a space in the target", "GET /ti me HTTP/1.1", "400");
  whole("a NUL in the target", "GET /ti\0me HTTP/1.1", "400");
  whole("a high byte in the target", "GET /ti\xffme HTTP/1.1", "400");
  whole("a CR in the target", "GET /ti\rme HTTP/1.1", "400");
  whole("a fragment", "GET /time#x HTTP/1.1", "404 placed end|400|200 placed end");
  whole("HTTP/0.9", "GET /time", "400");
  whole("HTTP/1.2", "GET /time HTTP/1.2", "400|505");
  whole("HTTP/1.10", "GET /time HTTP/1.10", "400|505");
  whole("HTTP/01.1", "GET /time HTTP/01.1", "400|505");
  whole("HTTP/2.0", "GET /time HTTP/2.0", "400|505");
  whole("HTTP/3", "GET /time HTTP/3", "400|505");
  whole("http in small letters", "GET /time http/1.1", "400|505");
  whole("ICE", "GET /time ICE/1.0", "400|505");
  whole("no version", "GET /time HTTP/", "400|505");
  whole("HTTP/1.0 closes", "GET /time HTTP/1.0", "200");
  add("request line: HTTP/1.0 that stays", (hidden) => {
    const bytes = "GET /time HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
    return { bytes: `${bytes}${hidden}`, outcomes: here("200 placed end|200") };
  });
  add("request line: HTTP/1.0 with chunks", (hidden) => {
    const { body } = carrier;
    const chunked: Rows = [
      ["Transfer-Encoding", "chunked"],
      ["Connection", "keep-alive"],
    ];
    const line = carrier.requestLine.replace("HTTP/1.1", "HTTP/1.0");
    const bytes = head(line, [...carrier.rows(body), ...chunked]);
    const chunk = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
    return { bytes: `${bytes}${chunk}${hidden}`, outcomes: "400" };
  });
  add("request line: empty lines before it", (hidden) => {
    return { bytes: `\r\n${hidden}`, outcomes: "placed end|400" };
  });
  add("request line: CR CR LF before it", (hidden) => {
    return { bytes: `\r\r\n${hidden}`, outcomes: "400|placed end" };
  });
  add("request line: the preface of HTTP/2", (hidden) => {
    const bytes = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    return { bytes: `${bytes}${hidden}`, outcomes: "400|505" };
  });
  for (const text of ["\0\0\0\0\r\n\r\n", "\x16\x03\x01\x02\x00\r\n\r\n", "GET\r\n\r\n"]) {
    add(`request line: ${JSON.stringify(text)}`, (hidden) => {
      return { bytes: `${text}${hidden}`, outcomes: "400" };
    });
  }
}

/** Offers of another protocol, taken or not. */
function addUpgrades(add: Add, key: Key): void {
  const offer = (name: string, requestLine: string, rows: Rows, outcomes: string): void => {
    add(`upgrade: ${name}`, (hidden) => {
      return { bytes: `${head(requestLine, rows)}${hidden}`, outcomes };
    });
  };
  const webSocket = (version: string): Rows => [
    ["Connection", "Upgrade"],
    ["Upgrade", "websocket"],
    ["Sec-WebSocket-Version", version],
    ["Sec-WebSocket-Key", Buffer.alloc(16).toString("base64")],
  ];
  const stream = "GET /ws/trade/v1 HTTP/1.1";
  offer("unsigned", stream, webSocket("13"), "401");
  offer("of a version that is none", stream, webSocket("777"), "426");
  offer("without a key", stream, webSocket("13").slice(0, 3), "400|401");
  offer(
    "of the market stream, of a version that is none",
    "GET /ws/market/v1 HTTP/1.1",
    webSocket("777"),
    "426",
  );
  offer("by POST", "POST /ws/trade/v1 HTTP/1.1", webSocket("13"), "405|400");
  offer("where there is no stream", `GET ${ORDERS} HTTP/1.1`, webSocket("13"), "404|401");
  offer(
    "where there is no stream, by DELETE",
    `DELETE ${ORDERS} HTTP/1.1`,
    webSocket("13"),
    "404|401|405|401 placed end",
  );
  offer(
    "to h2c",
    "GET /time HTTP/1.1",
    [
      ["Connection", "Upgrade, HTTP2-Settings"],
      ["Upgrade", "h2c"],
      ["HTTP2-Settings", "AAMAAABk"],
    ],
    "200|200 placed end",
  );
  offer(
    "to nothing known",
    "GET /time HTTP/1.1",
    [
      ["Connection", "Upgrade"],
      ["Upgrade", "foo/1"],
    ],
    "200|200 placed end",
  );
  offer(
    "without Connection",
    "GET /time HTTP/1.1",
    [["Upgrade", "websocket"]],
    "200|200 placed end",
  );
  add("upgrade: with a body", (hidden) => {
    const rows: Rows = [...webSocket("13"), ["Content-Length", String(hidden.length)]];
    return { bytes: `${head(stream, rows)}${hidden}`, outcomes: "401|400" };
  });
  add("upgrade: with a body in chunks", (hidden) => {
    const rows: Rows = [...webSocket("13"), ["Transfer-Encoding", "chunked"]];
    return { bytes: `${head(stream, rows)}0\r\n\r\n${hidden}`, outcomes: "401|400" };
  });
  add("upgrade: a signed request that carries one", (hidden) => {
    const rows = Object.entries(sign(key, "DELETE", ORDERS, CANCEL).headers);
    const length: Rows = [["Content-Length", String(CANCEL.length)]];
    const offered: Rows = [
      ["Connection", "Upgrade"],
      ["Upgrade", "h2c"],
    ];
    const bytes = head(`DELETE ${ORDERS} HTTP/1.1`, [...rows, ...length, ...offered]);
    return { bytes: `${bytes}${CANCEL}${hidden}`, outcomes: "404|404 placed end" };
  });
}

/** One behind the other on a connection. */
function addPipelines(add: Add, key: Key): void {
  const signed = (method: string, target: string, body = "", more: Rows = []): string => {
    const { headers } = sign(key, method, target, body);
    const length: Rows = body === "" ? [] : [["Content-Length", String(body.length)]];
    return `${head(`${method} ${target} HTTP/1.1`, [...Object.entries(headers), ...length, ...more])}${body}`;
  };
  const close: Rows = [["Connection", "close"]];
  const follows = (name: string, first: () => string, outcomes: string): void => {
    add(`pipeline: ${name}`, (hidden) => ({ bytes: `${first()}${hidden}`, outcomes }));
  };
  follows("DELETE by query", () => signed("DELETE", `${ORDERS}?order_no=99`), "404 placed end");
  follows("DELETE by path", () => signed("DELETE", `${ORDERS}/99`), "404 placed end");
  follows("DELETE with a body", () => signed("DELETE", ORDERS, CANCEL), "404 placed end");
  follows("a list", () => signed("GET", ORDERS), "200 placed end");
  follows("POST without a body", () => signed("POST", ORDERS), "400 placed end");
  follows(
    "a wrong signature",
    () => signed("DELETE", ORDERS, CANCEL).replace("99", "98"),
    "401 placed end",
  );
  follows("broken JSON", () => signed("DELETE", ORDERS, "{"), "400 placed end");
  follows("a method not taken", () => signed("PATCH", ORDERS, CANCEL), "405|405 placed end");
  follows(
    "ten DELETE",
    () => Array.from({ length: 10 }, () => signed("DELETE", ORDERS, CANCEL)).join(""),
    `${"404 ".repeat(10)}placed end`,
  );
  follows(
    "short ways and long ones in turn",
    () => {
      const long = head("GET /time HTTP/1.1", []);
      const list = signed("GET", ORDERS);
      const short = [signed("DELETE", ORDERS, CANCEL), signed("DELETE", `${ORDERS}/99`)];
      return [long, short[0], long, list, short[1], long].join("");
    },
    "200 404 200 200 404 200 placed end",
  );
  follows("Connection: close ends it", () => signed("DELETE", ORDERS, CANCEL, close), "404");
  follows("Connection: close ends it, unsigned", () => head("GET /time HTTP/1.1", close), "200");
  follows(
    "Connection: close in capitals",
    () => {
      return signed("DELETE", ORDERS, CANCEL, [["Connection", "Keep-Alive, CLOSE"]]);
    },
    "404",
  );
  const padding = "x".repeat(20_000);
  follows(
    "a body that is too large",
    () => signed("DELETE", ORDERS, padding),
    "413|413 placed end",
  );
  add("pipeline: a body behind a DELETE that says nothing of it", (hidden) => {
    const bytes = head(`DELETE ${ORDERS} HTTP/1.1`, []);
    return { bytes: `${bytes}${CANCEL}${hidden}`, outcomes: "401 400" };
  });
  add("pipeline: a request as the body of a list", (hidden) => {
    const rows = Object.entries(sign(key, "GET", ORDERS).headers);
    const length: Rows = [["Content-Length", String(hidden.length)]];
    const bytes = head(`GET ${ORDERS} HTTP/1.1`, [...rows, ...length]);
    return { bytes: `${bytes}${hidden}`, outcomes: "400 end|400" };
  });
  for (const requestLine of [
    "GET /time HTTP/1.1",
    "POST /nowhere HTTP/1.1",
    "GET /console HTTP/1.1",
  ]) {
    add(`pipeline: a request as the body of ${requestLine}`, (hidden) => {
      const bytes = head(requestLine, [["Content-Length", String(hidden.length)]]);
      const status = requestLine.includes("nowhere") ? "404" : "200";
      return { bytes: `${bytes}${hidden}`, outcomes: `${status} end|400` };
    });
  }
}

/** A signed request that places an order under that name, as bytes. */
function placing(key: Key, reference_id: string): string {
  const body = JSON.stringify({ ...BUY, reference_id });
  // Its answer says whose it is.
  const options = { headers: { "X-Request-Id": reference_id } };
  const { headers } = sign(key, "POST", ORDERS, body, options);
  const rows: Rows = [...Object.entries(headers), ["Content-Length", String(body.length)]];
  return `${head(`POST ${ORDERS} HTTP/1.1`, rows)}${body}`;
}

export function head(requestLine: string, rows: Rows): string {
  const lines = rows.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return `${requestLine}\r\nHost: localhost\r\n${lines}\r\n`;
}

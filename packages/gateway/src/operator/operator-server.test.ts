import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { type TestContext, test } from "node:test";
import { TLSSocket } from "node:tls";
import { connectionRoom } from "../http/connection-room.ts";
import { selfSigned } from "../http/tls-fixture.ts";
import { AwaitedAnswers } from "../sequencer/awaited-answers.ts";
import type { OperatorParts } from "./operator-parts.ts";
import { OperatorServer } from "./operator-server.ts";

const OPTIONS = {
  token: "t",
  tls: null,
  wallMs: () => 0,
  addressHeader: null,
  parts: () => null,
  onBug: (error: Error) => assert.fail(error),
};

const HEAD = "POST /operator/v1/kill HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer t\r\n";

/** A server, and a client that has sent a head and been told to go on. */
async function underWay(contentLength: number) {
  const server = await OperatorServer.listen(OPTIONS, "127.0.0.1", 0);
  const client = connect({ port: Number(new URL(server.url).port), host: "127.0.0.1" });
  let received = "";
  client.on("data", (chunk) => {
    received += chunk;
  });
  client.write(`${HEAD}Content-Length: ${contentLength}\r\nExpect: 100-continue\r\n\r\n`);
  await once(client, "data");
  const gone = once(client, "close").then(() => received);
  return { server, client, gone };
}

test("operator server: what comes while it stops is answered as ever, on its last connections", async () => {
  const { server, client, gone } = await underWay(2);
  const closed = server.close(new Promise(() => undefined));
  client.write(`{}${HEAD}Content-Length: 2\r\n\r\n{}`);
  const [received] = await Promise.all([gone, closed]);
  const reasons = [...received.matchAll(/"reason":"(\w+)"/g)].map(([, reason]) => reason);
  assert.deepEqual(reasons, ["starting", "starting"], received);
});

test("operator server: a request that never ends keeps no stop waiting beyond its deadline", async () => {
  const { server, gone } = await underWay(10);
  await server.close(Promise.resolve());
  assert.equal(await gone, "HTTP/1.1 100 Continue\r\n\r\n", "it is cut, and nobody waited for it");
});

test("operator server: nor does a handshake of TLS that does not end", async (t) => {
  // Nobody but the stop may end it.
  t.mock.method(TLSSocket.prototype, "setTimeout", () => null);
  const tls = selfSigned();
  const server = await OperatorServer.listen({ ...OPTIONS, tls }, "127.0.0.1", 0);
  const port = Number(new URL(server.url).port);
  const client = connect({ port, host: "127.0.0.1" });
  await once(client, "connect");
  const gone = once(client.resume(), "close");
  await server.close(Promise.resolve());
  await gone;
});

async function listening(t: TestContext, parts?: OperatorParts): Promise<OperatorServer> {
  const options = parts === undefined ? OPTIONS : { ...OPTIONS, parts: () => parts };
  const server = await OperatorServer.listen(options, "127.0.0.1", 0);
  t.after(() => server.close(Promise.resolve()));
  return server;
}

test("operator server: every answer says how to go on, and which request it is of", async (t) => {
  const { url } = await listening(t);
  const ask = async (path: string, headers: Readonly<Record<string, string>>) => {
    const response = await fetch(`${url}/operator/v1/${path}`, { headers });
    const { reason } = (await response.json()) as { reason: string };
    return { status: response.status, reason, headers: response.headers };
  };
  const stranger = await ask("blocks", { "X-Request-Id": "r-1" });
  assert.deepEqual([stranger.status, stranger.reason], [401, "operator_token_invalid"]);
  assert.equal(stranger.headers.get("WWW-Authenticate"), "Bearer");
  assert.equal(stranger.headers.get("X-Request-Id"), "r-1");
  const token = { Authorization: "Bearer t" };
  const starting = await ask("blocks", { ...token, "X-Request-Id": "x".repeat(200) });
  assert.deepEqual([starting.status, starting.reason], [503, "starting"]);
  assert.equal(starting.headers.get("Retry-After"), "1");
  assert.equal(starting.headers.get("Cache-Control"), "no-store");
  assert.equal(starting.headers.get("X-Request-Id"), null, "half a name would be none");
  const unknown = await ask("accounts/%zz", token);
  assert.deepEqual([unknown.status, unknown.reason], [404, "unknown_path"]);
});

test("operator server: an echoed name is the bytes that came in, whoever answers", async (t) => {
  const { url } = await listening(t);
  const name = "x-request-id: caf\xe9\r\n";
  for (const path of ["blocks", "nowhere", "accounts/%zz"]) {
    const head = `GET /operator/v1/${path} HTTP/1.1\r\n${TOKEN_LINES}${name}\r\n`;
    const received = await exchange(url, head);
    assert.ok(received.includes(name), received);
  }
});

test("operator server: nobody learns what a path is without the token", async (t) => {
  const { url } = await listening(t);
  for (const path of ["blocks", "nowhere", "accounts/%zz", `accounts/${"x".repeat(101)}`]) {
    const { status } = await fetch(`${url}/operator/v1/${path}`);
    assert.equal(status, 401, path);
  }
});

test("operator server: what a request carries is refused for what is wrong with it", async (t) => {
  const { url } = await listening(t, {} as OperatorParts);
  const refused = async (line: string, more = "") => {
    const received = await exchange(url, `${line} HTTP/1.1\r\n${TOKEN_LINES}${more}`);
    return /"reason":"(\w+)"/.exec(received)?.[1] ?? received;
  };
  const body = "X-Operator: kim\r\nContent-Length: 2\r\n";
  const nonsense = `${body}Content-Type: nonsense\r\n\r\n{}`;
  assert.equal(await refused("POST /operator/v1/kill", nonsense), "unsupported_media_type");
  for (const line of ["Content-Encoding: gzip", "Content-Type: application/json; charset=utf-16"]) {
    const strange = `${body}Idempotency-Key: k\r\n${line}\r\n\r\n{}`;
    assert.equal(await refused("POST /operator/v1/kill", strange), "unsupported_media_type", line);
  }
  assert.equal(await refused("POST /operator/v1/nowhere", nonsense), "unknown_path");
  assert.equal(await refused("POST /operator/v1/blocks", nonsense), "method_not_allowed");
  assert.equal(await refused("GET /operator/v1/blocks", `${body}\r\n{}`), "body_not_taken");
});

test("operator server: takes the address of a request whole, as a proxy is sent it", async (t) => {
  const { url } = await listening(t);
  const status = async (target: string, lines = "Host: x\r\nConnection: close\r\n") => {
    const received = await exchange(url, `GET ${target} HTTP/1.1\r\n${lines}\r\n`);
    return received.split(" ", 2)[1];
  };
  assert.equal(await status("http://x/openapi.json"), "200", "anybody may have it");
  assert.equal(await status("http://x/operator/v1/blocks"), "401");
  assert.equal(await status("http://x/operator/v1/blocks", TOKEN_LINES), "503");
  assert.equal(await status("http://x/operator/v1/kill", TOKEN_LINES), "405");
});

const TOKEN_LINES = "Host: x\r\nAuthorization: Bearer t\r\nConnection: close\r\n";

/** All that comes back until the server ends the connection. */
async function exchange(url: string, sent: string): Promise<string> {
  const socket = connect({ port: Number(new URL(url).port), host: "127.0.0.1" });
  let received = "";
  socket.setEncoding("latin1").on("data", (chunk) => {
    received += chunk;
  });
  socket.write(sent, "latin1");
  await once(socket, "close");
  return received;
}

test("operator server: who waits for a silent disk is told that nobody knows", async (t) => {
  const awaited = new AwaitedAnswers();
  // What is asked waits for the disk, and it never answers.
  const operate = () => {
    queueMicrotask(() => awaited.giveUpAll("the disk is silent"));
    return new Promise(() => undefined);
  };
  const { url } = await listening(t, {
    awaited,
    sequencer: { operate },
  } as unknown as OperatorParts);
  const response = await fetch(`${url}/operator/v1/blocks`, {
    headers: { Authorization: "Bearer t" },
  });
  const { reason, details } = (await response.json()) as Record<string, string>;
  assert.deepEqual([response.status, reason], [500, "outcome_unknown"]);
  assert.equal(details, "the disk is silent");
});

test("operator server: takes as many connections as it has room for, and no more", async (t) => {
  const { url } = await listening(t);
  const open = () => {
    const socket = connect({ port: Number(new URL(url).port), host: "127.0.0.1" });
    t.after(() => socket.destroy());
    return socket.on("error", () => {}).resume();
  };
  const answered = async (socket: ReturnType<typeof connect>, more = ""): Promise<boolean> => {
    socket.write(`GET /operator/v1/blocks HTTP/1.1\r\nHost: x\r\n${more}\r\n`);
    return await new Promise((resolve) => {
      socket.once("data", () => resolve(true)).once("close", () => resolve(false));
    });
  };
  const full = { length: connectionRoom(true).operators };
  const strangers = await Promise.all(Array.from(full, () => answered(open())));
  assert.ok(strangers.every((is) => is));
  const operators = Array.from(full, open);
  const token = "Authorization: Bearer t\r\n";
  const served = await Promise.all(operators.map((operator) => answered(operator, token)));
  assert.ok(
    served.every((is) => is),
    "strangers make room for those who have the token",
  );
  assert.equal(await answered(open()), false);
  const [first] = operators;
  assert.ok(first !== undefined);
  first.end();
  // Until the server has heard of it.
  while (!(await answered(open())));
});

import assert from "node:assert/strict";
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { connect as secureConnect } from "node:tls";
import { readBody } from "./body-reader.ts";
import { answerClientError } from "./client-error.ts";
import { ANSWER_STALL_MS, ANSWERING_MAX } from "./limits.ts";
import { nodeServer } from "./node-server.ts";
import { selfSigned } from "./tls-fixture.ts";

test("node server: who asks and never reads is cut, and not kept with all answers", async (t) => {
  const large = "x".repeat(8_000_000);
  const server = nodeServer({}, null, (_request, response) => void response.end(large));
  assert.equal(server.timeout, ANSWER_STALL_MS);
  server.timeout = 50;
  server.listen(0, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const client = connect({ port, host: "127.0.0.1" });
  client.pause();
  client.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  const [socket] = await once(server, "connection");
  await once(socket, "close");
  client.destroy();
});

/** What is read of a connection at a time. */
const PIECE_BYTES = 65_536;

test("node server: who sends on unanswered is not read on, and answered in the end", async (t) => {
  const held: ServerResponse[] = [];
  let isHeld = true;
  const server = nodeServer({}, null, (_request, response) => {
    if (isHeld) held.push(response);
    else response.end();
  });
  server.listen(0, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const count = 8_000;
  const padding = "x".repeat(1_000);
  const client = connect({ port, host: "127.0.0.1" });
  client.write(`GET / HTTP/1.1\r\nHost: x\r\nX: ${padding}\r\n\r\n`.repeat(count));
  const [socket] = (await once(server, "connection")) as [Socket];
  let bytesRead = -1;
  for (let turns = 0; turns < 100; turns += 1) {
    if (socket.bytesRead !== bytesRead) turns = 0;
    bytesRead = socket.bytesRead;
    await setImmediate();
  }
  // A few pieces, and not all that the loop would read at once.
  assert.ok(bytesRead <= 4 * PIECE_BYTES, `${bytesRead} bytes of requests are kept`);
  isHeld = false;
  for (const response of held) response.end();
  const line = "HTTP/1.1 200 OK";
  let answers = 0;
  let rest = "";
  for await (const chunk of client) {
    const text = rest + chunk;
    answers += text.split(line).length - 1;
    if (answers === count) break;
    // A line may be cut by the end of a piece.
    rest = text.slice(1 - line.length);
  }
  assert.equal(answers, count);
});

/** A server whose answers are in the test's hands, and all that a client of it receives. */
async function conversation(t: TestContext, sent: string) {
  const held: ServerResponse[] = [];
  const server = nodeServer({}, null, (request, response) => {
    request.resume();
    held.push(response);
  });
  server.listen(0, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  const client = connect({ port: (server.address() as AddressInfo).port, host: "127.0.0.1" });
  t.after(() => client.destroy());
  const received = client.setEncoding("latin1").toArray();
  client.write(sent);
  const [socket] = (await once(server, "connection")) as [Socket];
  while (socket.bytesRead < sent.length) await setImmediate();
  return { client, held, received: received.then((pieces) => pieces.join("")) };
}

const ASKED = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
const CONNECT = "CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n";

function firstLines(received: string): string[] {
  return received.match(/HTTP\/1\.1 \d{3}/g) ?? [];
}

test("node server: no answer to who takes it for a proxy overtakes the one before", async (t) => {
  const alone = await conversation(t, CONNECT);
  assert.deepEqual(firstLines(await alone.received), ["HTTP/1.1 400"]);
  const behind = await conversation(t, ASKED + CONNECT);
  assert.deepEqual(firstLines(await behind.received), []);
});

test("node server: what is expected in vain is refused behind all that came before", async (t) => {
  const count = ANSWERING_MAX + 2;
  const vain = "GET / HTTP/1.1\r\nHost: x\r\nExpect: tea\r\n\r\n";
  const { held, received } = await conversation(t, ASKED.repeat(count) + vain + ASKED);
  for (let index = 0; index < count; index += 1) {
    while (held[index] === undefined) await setImmediate();
    held[index]?.end();
  }
  const answers = firstLines(await received);
  assert.deepEqual(answers, [...Array<string>(count).fill("HTTP/1.1 200"), "HTTP/1.1 400"]);
  assert.equal(held.length, count);
});

test("node server: 100 Continue comes in its turn, before the answer and never inside", async (t) => {
  const expecting =
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n";
  const { client, held, received } = await conversation(t, `${ASKED + expecting}{}${expecting}`);
  held[1]?.end(Buffer.from("second"));
  held[0]?.end("first");
  client.write("{}");
  while (held[2]?.req.complete !== true) await setImmediate();
  held[2]?.end(Buffer.from("third"));
  client.end();
  const text = await received;
  const words = text.match(/HTTP\/1\.1 \d{3}|(?<=\r\n\r\n)[a-z]+/g) ?? [];
  assert.deepEqual(
    words.map((word) => word.slice("HTTP/1.1".length).trim() || word),
    ["200", "first", "100", "200", "second", "100", "200", "third"],
  );
});

test("node server: who has sent all that he will still gets his answer, over TLS as well", async (t) => {
  for (const tls of [null, selfSigned()]) {
    const held: ServerResponse[] = [];
    const server = nodeServer({}, tls, (_request, response) => held.push(response));
    server.listen(0, "127.0.0.1");
    t.after(() => server.close());
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const where = { port, host: "127.0.0.1", rejectUnauthorized: false, allowHalfOpen: true };
    const client = tls === null ? connect(where) : secureConnect(where);
    t.after(() => client.destroy());
    const connected = once(server, tls === null ? "connection" : "secureConnection");
    const received = client.setEncoding("latin1").toArray();
    client.end(ASKED);
    const [socket] = (await connected) as [Socket];
    while (!socket.readableEnded) await setImmediate();
    held[0]?.end();
    assert.deepEqual(firstLines((await received).join("")), ["HTTP/1.1 200"]);
  }
});

test("node server: who goes in the middle of a handshake of TLS is let go at once", async (t) => {
  const server = nodeServer({}, selfSigned(), (_request, response) => void response.end());
  server.listen(0, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const hello = Buffer.from("16030100c8010000c40303", "hex");
  const leave: readonly ((client: Socket) => void)[] = [
    (client) => client.end(),
    (client) => client.end(hello),
    (client) => client.resetAndDestroy(),
    (client) => client.write(hello, () => client.resetAndDestroy()),
    (client) => client.end("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
  ];
  for (const [index, act] of leave.entries()) {
    const client = connect({ port, host: "127.0.0.1" });
    client.on("error", () => {}).resume();
    const [socket] = (await once(server, "connection")) as [Socket];
    let isOpen = true;
    // As the listeners count connections.
    socket.once("close", () => {
      isOpen = false;
    });
    act(client);
    for (let others = 0; others < 50 && isOpen; others += 1) {
      const other = secureConnect({ port, host: "127.0.0.1", rejectUnauthorized: false });
      other.end("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
      other.resume();
      await once(other, "close");
    }
    assert.equal(isOpen, false, `way ${index} to leave`);
  }
});

test("node server: many requests for long answers are all read as they came", async (t) => {
  const body = Buffer.alloc(30_000, "x");
  const count = 100;
  const seen: string[] = [];
  for (const tls of [null, selfSigned()]) {
    let first: ServerResponse | null = null;
    let asked = 0;
    const server = nodeServer({}, tls, (request, response) => {
      readBody(request, () => {
        asked += 1;
        if (asked === 1) first = response;
        else response.end(body);
        if (asked === ANSWERING_MAX) first?.end(body);
      });
    });
    server.on("clientError", ({ code }: NodeJS.ErrnoException) => void seen.push(String(code)));
    server.listen(0, "127.0.0.1");
    t.after(() => server.close());
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const where = { port, host: "127.0.0.1", rejectUnauthorized: false };
    const client = tls === null ? connect(where) : secureConnect(where);
    t.after(() => client.destroy());
    const request = `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2000\r\n\r\n${"y".repeat(2000)}`;
    const bytes = Buffer.from(request.repeat(count));
    for (let at = 0; at < bytes.length; at += 1500) client.write(bytes.subarray(at, at + 1500));
    let length = 0;
    client.on("data", (chunk: Buffer) => {
      length += chunk.length;
    });
    while (length < count * body.length && seen.length === 0) await setImmediate();
    assert.deepEqual(seen, []);
  }
});

test("node server: what was refused for its slowness is not acted on, should it still come", async (t) => {
  const held: ServerResponse[] = [];
  const acted: string[] = [];
  const server = nodeServer({}, null, (request, response) => {
    readBody(request, (body) => {
      acted.push(String(body));
      held.push(response);
    });
  });
  server.on("clientError", answerClientError);
  server.listen(0, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  const client = connect({ port: (server.address() as AddressInfo).port, host: "127.0.0.1" });
  t.after(() => client.destroy());
  const received = client.setEncoding("latin1").toArray();
  const [socket] = (await once(server, "connection")) as [Socket];
  const slow = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbo";
  client.write(ASKED + slow);
  while (socket.bytesRead < (ASKED + slow).length || held.length === 0) await setImmediate();
  const timeout = Object.assign(new Error("too slow"), { code: "ERR_HTTP_REQUEST_TIMEOUT" });
  server.emit("clientError", timeout, socket);
  client.write("dy");
  for (let turns = 0; turns < 20; turns += 1) await setImmediate();
  held[0]?.end();
  assert.deepEqual(firstLines((await received).join("")), ["HTTP/1.1 200", "HTTP/1.1 408"]);
  assert.deepEqual(acted, [""]);
});

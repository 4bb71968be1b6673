// Goal: many connections are let in at once, by one process alone, and never more than allowed.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { connect, createServer, type ListenOptions, Server, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { Listeners } from "./listeners.ts";

const HOST = "127.0.0.1";
const isLinux = process.platform === "linux";

async function opened(t: TestContext, { connectionsMax = 1_000, port = 0 } = {}) {
  const server = createHttpServer();
  const listeners = new Listeners(server, connectionsMax);
  const address = await listeners.listen(HOST, port);
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => sockets.add(socket));
  const close = async () => {
    const closed = listeners.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  t.after(close);
  return { server, port: address.port, sockets, close };
}

function clients(t: TestContext, port: number, count: number): Socket[] {
  const sockets = Array.from({ length: count }, () => connect(port, HOST));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
  });
  for (const socket of sockets) socket.on("error", () => {}).resume();
  return sockets;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, HOST);
  await once(server, "listening");
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  await new Promise((resolve) => server.close(resolve));
  return address.port;
}

test("listeners: a turn lets in many connections, which may end on one side only", async (t) => {
  for (const asked of [0, await freePort()]) {
    const { sockets, port } = await opened(t, { port: asked });
    clients(t, port, 128);
    let turnCount = 0;
    while (sockets.size < 128) {
      await setImmediate();
      if (sockets.size > 0) turnCount += 1;
    }
    // One listener needs 128; of 32, the one with the most has hardly ever more than a dozen.
    if (isLinux) assert.ok(turnCount < 64, `it took ${turnCount} turns`);
    assert.ok([...sockets].every(({ allowHalfOpen }) => allowHalfOpen));
  }
});

test("listeners: all together let in no more than may be open", async (t) => {
  const { sockets, port } = await opened(t, { connectionsMax: 5 });
  clients(t, port, 5);
  while (sockets.size < 5) await setImmediate();
  const refuses = async () => {
    const [surplus] = clients(t, port, 1);
    assert.ok(surplus !== undefined);
    await once(surplus, "close");
  };
  for (let count = 0; count < 8; count += 1) await refuses();
  assert.equal(sockets.size, 5);
  const [one] = sockets;
  assert.ok(one !== undefined);
  one.destroy();
  await once(one, "close");
  clients(t, port, 1);
  while (sockets.size < 6) await setImmediate();
  await refuses();
  assert.equal(sockets.size, 6);
});

/** Lets the listeners' own calls fail where the system would not do what they ask for. */
function refusing(t: TestContext, refuses: (options: ListenOptions) => boolean): void {
  const { listen } = Server.prototype;
  t.mock.method(Server.prototype, "listen", function (this: Server, ...given: [ListenOptions]) {
    if (!refuses(given[0])) return Reflect.apply(listen, this, given);
    const problem = Object.assign(new Error("not here"), { code: "ENOTSUP" });
    process.nextTick(() => this.emit("error", problem));
    return this;
  });
}

test("listeners: where a port cannot be shared, or not by this process alone, it is not", async (t) => {
  if (!isLinux) return;
  const lacks = { sharing: ({ reusePort }: ListenOptions) => reusePort === true };
  const all = { ...lacks, names: ({ path }: ListenOptions) => path !== undefined };
  for (const [what, refuses] of Object.entries(all)) {
    refusing(t, refuses);
    const { port, sockets } = await opened(t, { connectionsMax: 1, port: await freePort() });
    t.mock.restoreAll();
    const foreign = createServer().listen({ port, host: HOST, reusePort: true });
    const [error] = await once(foreign, "error");
    assert.equal(error.code, "EADDRINUSE", what);
    const [first, surplus] = clients(t, port, 2);
    assert.ok(first !== undefined && surplus !== undefined);
    await Promise.race([once(first, "close"), once(surplus, "close")]);
    assert.equal(sockets.size, 1, what);
  }
});

test("listeners: a port whose name somebody has is in use, also before he listens there", async (t) => {
  if (!isLinux) return;
  const port = await freePort();
  const path = `\0countermand ${HOST} ${port}`;
  const first = createServer().listen({ path });
  await once(first, "listening");
  await assert.rejects(opened(t, { port }), { code: "EADDRINUSE", port, address: HOST });
  first.close();
  await opened(t, { port });
  const second = createServer().listen({ path });
  const [error] = await once(second, "error");
  assert.equal(error.code, "EADDRINUSE", "it is held as long as the port is");
});

test("listeners: a connection that cannot be taken is told by the server, whoever listened", async (t) => {
  const seen = new Set<Server>();
  const { listen } = Server.prototype;
  t.mock.method(Server.prototype, "listen", function (this: Server, ...given: [ListenOptions]) {
    seen.add(this);
    return Reflect.apply(listen, this, given);
  });
  const { server } = await opened(t);
  const told: Error[] = [];
  server.on("error", (error) => told.push(error));
  const listeners = [...seen].filter(({ listening }) => listening);
  const problems = listeners.map((_, index) => new Error(`accept ${index}`));
  for (const [index, listener] of listeners.entries()) listener.emit("error", problems[index]);
  assert.deepEqual(told, problems);
});

test("listeners: a port has one owner, and is free when he closes", async (t) => {
  const port = await freePort();
  const first = await opened(t, { port });
  const rejection = { code: "EADDRINUSE" };
  await assert.rejects(opened(t, { port }), rejection, "a second gateway");
  const foreign = createServer().listen(port, HOST);
  const [error] = await once(foreign, "error");
  assert.equal(error.code, "EADDRINUSE");
  await first.close();
  const second = await opened(t, { port });
  assert.equal(second.port, port);
});

test("listeners: a port that somebody else has, shared or not, is refused", async (t) => {
  for (const reusePort of isLinux ? [false, true] : [false]) {
    const foreign = createServer().listen({ port: 0, host: HOST, reusePort });
    t.after(() => foreign.close());
    await once(foreign, "listening");
    const address = foreign.address();
    assert.ok(typeof address === "object" && address !== null);
    await assert.rejects(opened(t, { port: address.port }), { code: "EADDRINUSE" });
  }
});

test("listeners: of two that begin at once on one port, one has it", async (t) => {
  const port = await freePort();
  const both = await Promise.allSettled([opened(t, { port }), opened(t, { port })]);
  assert.deepEqual(both.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
});

test("listeners: who connects to the name of a port keeps no stop waiting", async (t) => {
  if (!isLinux) return;
  const port = await freePort();
  const { close } = await opened(t, { port });
  const stranger = connect({ path: `\0countermand ${HOST} ${port}`, allowHalfOpen: true });
  await once(stranger.resume(), "end");
  await close();
  stranger.destroy();
});

test("listeners: one that fails is told, whoever has connected to another by then", async (t) => {
  if (!isLinux) return;
  const problem = Object.assign(new Error("too many files"), { code: "EMFILE" });
  const { listen } = Server.prototype;
  const server = createHttpServer();
  let count = 0;
  t.mock.method(Server.prototype, "listen", function (this: Server, ...given: [ListenOptions]) {
    count += 1;
    // The system's own trial, then the server, then those beside it.
    if (count < 3) return Reflect.apply(listen, this, given);
    server.once("connection", () => this.emit("error", problem));
    const [client] = clients(t, given[0].port ?? 0, 1);
    assert.ok(client !== undefined);
    return this;
  });
  await assert.rejects(new Listeners(server, 1_000).listen(HOST, 0), problem);
  assert.equal(server.listening, false);
});

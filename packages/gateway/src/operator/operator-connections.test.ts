// Goal: whoever holds no token cannot keep the places of those who do.
import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { connect as secureConnect } from "node:tls";
import { nodeServer } from "../http/node-server.ts";
import { selfSigned } from "../http/tls-fixture.ts";
import type { TlsFiles } from "../secret-settings.ts";
import { OperatorConnections } from "./operator-connections.ts";

const PLACES = 4;

async function listening(t: TestContext, tls: TlsFiles | null): Promise<number> {
  const server = nodeServer({}, tls, ({ headers, socket }, response) => {
    if (headers.authorization !== undefined) connections.known(socket);
    response.end();
  });
  const connections = new OperatorConnections(server, PLACES);
  server.listen(0, "127.0.0.1");
  t.after(() => server.close().closeAllConnections());
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

function opened(t: TestContext, port: number, tls: TlsFiles | null): Socket {
  const where = { port, host: "127.0.0.1" };
  const socket =
    tls === null ? connect(where) : secureConnect({ ...where, rejectUnauthorized: false });
  t.after(() => socket.destroy());
  return socket.on("error", () => {});
}

/** Also where it is cut in the middle of something. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => void socket.resume().once("close", () => resolve()));
}

async function ask(socket: Socket, header = ""): Promise<void> {
  socket.write(`GET / HTTP/1.1\r\nHost: x\r\n${header}\r\n`);
  const [answer] = await once(socket, "data");
  assert.match(String(answer), /^HTTP\/1\.1 200/);
}

const TOKEN = "Authorization: Bearer t\r\n";

for (const tls of [null, selfSigned()]) {
  const over = tls === null ? "plain" : "over TLS";
  test(`operator connections: strangers make room, oldest first, ${over}`, async (t) => {
    const port = await listening(t, tls);
    const operators: Socket[] = [];
    const strangers: Socket[] = [];
    for (let place = 0; place < PLACES; place += 1) {
      const stranger = opened(t, port, tls);
      await ask(stranger);
      strangers.push(stranger);
    }
    for (const stranger of strangers) {
      const gone = closed(stranger);
      const operator = opened(t, port, tls);
      await ask(operator, TOKEN);
      operators.push(operator);
      await gone;
    }
    await closed(opened(t, port, tls));
    for (const operator of operators) await ask(operator, TOKEN);
  });
}

test("operator connections: who never finishes a handshake of TLS makes room as well", async (t) => {
  const tls = selfSigned();
  const port = await listening(t, tls);
  const silent = Array.from({ length: 3 * PLACES }, () => opened(t, port, null));
  await Promise.all(silent.slice(0, -PLACES).map(closed));
  await ask(opened(t, port, tls), TOKEN);
});

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo, Socket as TcpSocket } from "node:net";
import { test } from "node:test";
import { socketOpener } from "./socket.ts";

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

test("socket: a peer that answers no goodbye does not hold the connection", async (t) => {
  // It lets in and then says nothing, as a gateway that stands still.
  const server = createServer();
  t.after(() => server.close());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const upgraded = once(server, "upgrade").then(([request, socket]) => {
    const key = createHash("sha1").update(`${request.headers["sec-websocket-key"]}${GUID}`);
    const lines = ["Upgrade: websocket", "Connection: Upgrade"];
    const accept = `Sec-WebSocket-Accept: ${key.digest("base64")}`;
    const head = ["HTTP/1.1 101 Switching Protocols", ...lines, accept, "", ""].join("\r\n");
    (socket as TcpSocket).write(head);
    return socket as TcpSocket;
  });
  const { port } = server.address() as AddressInfo;
  const open = socketOpener(10);
  const closed = new Promise<number>((resolve) => {
    const socket = open(
      `ws://127.0.0.1:${port}`,
      {},
      {
        opened: () => socket.close(1000),
        received: () => {},
        closed: resolve,
      },
    );
  });
  const peer = await upgraded;
  peer.on("error", () => {});
  peer.resume();
  await once(peer, "end");
  peer.destroy();
  assert.equal(await closed, 1006);
});

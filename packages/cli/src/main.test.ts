// Goal: the exit code of the process is that of what came of it, whoever reads or does not.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("./main.ts", import.meta.url));
const REFUSAL = {
  code: 11030202,
  message: "Invalid Parameter",
  details: "order_no or reference_id is invalid",
  reason: "unknown_order",
  retryable: false,
};

test("command line: nobody reads what it says meanwhile, and its exit code is of the end", async (t) => {
  let attemptCount = 0;
  const server = createServer((request, response) => {
    request.resume();
    attemptCount += 1;
    // The first answer is lost, of which it says something.
    if (attemptCount === 1) request.socket.destroy();
    else response.writeHead(404).end(JSON.stringify(REFUSAL));
  });
  server.listen(0, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const args = [MAIN, "--url", `http://127.0.0.1:${port}`, "cancel", "22000000099"];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  child.stderr.destroy();
  const [output, [exitCode]] = await Promise.all([text(child.stdout), once(child, "exit")]);
  assert.match(output, /^not cancelled: unknown_order/);
  assert.deepEqual([exitCode, attemptCount], [1, 2]);
});

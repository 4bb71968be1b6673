import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer as createPlainServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, createServer, type Server } from "node:net";
import { type TestContext, test } from "node:test";
import { ConnectionError, OutcomeUnknownError } from "./errors.ts";
import { type Call, type Repeat, Transport } from "./transport.ts";
import { unsent } from "./unsent.ts";
import { unsent as unsentInBrowsers } from "./unsent-in-browsers.ts";

const PLACE: Call = {
  method: "POST",
  path: "/trade/v1/orders",
  body: "{}",
  signed: true,
  changes: true,
};

async function portOf(t: TestContext, server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

/** A server with a certificate that nobody knows, and what was asked of it. */
async function selfSigned(t: TestContext): Promise<{ url: string; asked: string[] }> {
  const made = spawnSync("openssl", [
    ...["req", "-x509", "-nodes", "-newkey", "ed25519", "-subj", "/CN=localhost"],
    ...["-keyout", "-", "-out", "-"],
  ]);
  const text = made.stdout.toString("latin1");
  const cert = text.slice(text.indexOf("-----BEGIN CERT"));
  const asked: string[] = [];
  const server = createTlsServer({ key: text, cert }, (request, response) => {
    asked.push(String(request.url));
    response.end("{}");
  });
  return { url: `https://127.0.0.1:${await portOf(t, server)}`, asked };
}

function transportTo(baseUrl: string): Transport {
  const credentials = { apiKey: "demo-key", secret: "demo-secret" };
  return new Transport({ baseUrl, credentials, callTimeoutMs: 20_000 });
}

async function faultOf(baseUrl: string): Promise<Error> {
  const error = await transportTo(baseUrl)
    .call(PLACE)
    .catch((fault: unknown) => fault);
  assert.ok(error instanceof Error, "it fails");
  return error;
}

test("unsent: to a certificate that is not trusted nothing is sent, and it says what to do", async (t) => {
  const { url, asked } = await selfSigned(t);
  const error = await faultOf(url);
  assert.ok(error instanceof ConnectionError, `${error}`);
  assert.match(
    error.message,
    /^POST \/trade\/v1\/orders was not sent, because .*not trusted.*NODE_EXTRA_CA_CERTS: self-/,
  );
  await assert.rejects(transportTo(url).measureClock(), /not trusted here/);
  assert.deepEqual(asked, []);
});

test("unsent: TLS to a port that speaks none is told as that", async (t) => {
  const port = await portOf(t, createPlainServer());
  const error = await faultOf(`https://127.0.0.1:${port}`);
  assert.ok(error instanceof ConnectionError, `${error}`);
  assert.match(
    error.message,
    /no TLS is spoken there; use http:\/\/ .*: TLS: wrong version number$/,
  );
});

test("unsent: a handshake that is cut is tried again, and is no unknown outcome", async (t) => {
  const port = await portOf(
    t,
    createServer((socket) => socket.destroy()),
  );
  const repeats: Repeat[] = [];
  const stop = new AbortController();
  const enough = new Error("enough");
  const transport = new Transport({
    baseUrl: `https://127.0.0.1:${port}`,
    credentials: { apiKey: "demo-key", secret: "demo-secret" },
    signal: stop.signal,
    onRepeat: (repeat) => {
      repeats.push(repeat);
      stop.abort(enough);
    },
  });
  // With an unknown outcome it would not be the signal's reason.
  await assert.rejects(transport.call(PLACE), enough);
  const [{ request, attempts, problem } = { request: "", attempts: 0, problem: "" }] = repeats;
  assert.deepEqual([request, attempts], ["POST /trade/v1/orders", 1]);
  assert.match(problem, /^Client network socket disconnected/);
});

test("unsent: a port that fetch refuses was asked nothing", async () => {
  const error = await faultOf("http://127.0.0.1:1");
  assert.ok(error instanceof ConnectionError, `${error}`);
  assert.match(error.message, /was not sent, because fetch speaks to no such port/);
});

test("unsent: what may have been sent is never taken for unsent", () => {
  const faults: object[] = [
    { code: "ECONNRESET", message: "read ECONNRESET" },
    { code: "EHOSTUNREACH", message: "read EHOSTUNREACH", syscall: "read" },
    { code: "ECONNREFUSED", message: "write ECONNREFUSED", syscall: "write" },
    { code: "UND_ERR_SOCKET", message: "other side closed" },
    { code: "ETIMEDOUT", message: "read ETIMEDOUT" },
    {
      code: "ERR_SSL_WRONG_VERSION_NUMBER",
      message:
        "error:0A00010B:SSL routines:tls13_validate_record_header:wrong version number:x.c:1:",
    },
    { code: "ERR_SSL_SSLV3_ALERT_BAD_RECORD_MAC", message: "bad record mac" },
    {
      code: "ERR_SSL_OTHER",
      message: "error:0A00010B::tlsany_meth:wrong version number:x:tlsany_meth",
    },
    { code: "UND_ERR", message: "bad port" },
    { message: "bad character" },
  ];
  for (const cause of faults) assert.equal(unsent({ cause }), null, JSON.stringify(cause));
  assert.equal(unsent(new DOMException("timed out", "TimeoutError")), null);
  assert.equal(unsent(new TypeError("fetch failed")), null);
  assert.equal(unsent({ cause: null }), null);
  assert.equal(unsent(null), null);
});

test("unsent: no address of a name that took a connection was sent anything", () => {
  const dead = { code: "ETIMEDOUT", syscall: "connect", message: "connect ETIMEDOUT" };
  const refused = { code: "ECONNREFUSED", syscall: "connect", message: "connect ECONNREFUSED" };
  const broken = { code: "ETIMEDOUT", syscall: "read", message: "read ETIMEDOUT" };
  const unsentFaults: object[] = [
    dead,
    { code: "EADDRNOTAVAIL", syscall: "connect", message: "connect EADDRNOTAVAIL" },
    { code: "EAI_FAIL", syscall: "getaddrinfo", message: "getaddrinfo EAI_FAIL" },
    // A name with two addresses, one of which is dead, as Node tells it.
    { code: "ETIMEDOUT", message: "", errors: [dead, refused] },
  ];
  for (const cause of unsentFaults) {
    assert.deepEqual(unsent({ cause }), { remedy: null }, JSON.stringify(cause));
  }
  for (const errors of [[dead, broken], [broken], []]) {
    assert.equal(unsent({ cause: { code: "ETIMEDOUT", message: "", errors } }), null);
  }
});

test("unsent: a browser names no fault that would be certain", () => {
  assert.equal(unsentInBrowsers({ cause: { code: "ECONNREFUSED", message: "" } }), null);
});

test("unsent: a remedy after an unknown outcome leaves it unknown", async (t) => {
  const { url } = await selfSigned(t);
  let isFirst = true;
  const transport = new Transport({
    baseUrl: url,
    credentials: { apiKey: "demo-key", secret: "demo-secret" },
    fetch: (input, init) => {
      if (!isFirst) return fetch(input, init);
      isFirst = false;
      return Promise.reject(new TypeError("socket hang up"));
    },
  });
  await assert.rejects(transport.call(PLACE), OutcomeUnknownError);
});

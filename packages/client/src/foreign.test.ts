// Goal: whatever answers in the gateway's place, each kind of call says truthfully what is known,
// what was received and from whom, and what to do next; and repeats only what has a use.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { CountermandClient } from "./client.ts";
import { ConnectionError, OutcomeUnknownError } from "./errors.ts";

const BUY = {
  market: "hkex",
  symbol: "00700",
  order_side: "buy",
  order_type: "limit_order",
  price: "400",
  qty: "100",
} as const;
const NAME = { order_no: "22000000001" };

const CHANGES: Readonly<Record<string, (client: CountermandClient) => Promise<unknown>>> = {
  place: (client) => client.place(BUY),
  "place a batch": (client) => client.placeBatch([BUY, BUY]),
  cancel: (client) => client.cancel(NAME),
  "cancel a batch": (client) => client.cancelBatch([NAME]),
  "cancel all": (client) => client.cancelAll(),
  amend: (client) => client.amend({ ...NAME, qty: "200" }),
};
const QUESTIONS: typeof CHANGES = {
  list: (client) => client.orders(),
  depth: (client) => client.depth("00700"),
  preview: (client) => client.previewPlace(BUY),
};

interface Foreign {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Of what is said, beside the status. */
  readonly says: RegExp;
}

function page(title: string): string {
  return `<html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>`;
}

const NGINX = { Server: "nginx/1.27.0", "Content-Type": "text/html" };

/** Nothing was done, and the same again fares no better. */
const TURNED_AWAY: readonly Foreign[] = [
  {
    status: 413,
    headers: NGINX,
    body: page("413 Request Entity Too Large"),
    says: /of nginx\/1\.27\.0 before it: 413 Request Entity Too Large; raise its limit of a body/,
  },
  {
    status: 400,
    headers: NGINX,
    body: page("400 Bad Request"),
    says: /nginx.*look at the address/,
  },
  {
    status: 400,
    headers: NGINX,
    body: page("400 The plain HTTP request was sent to HTTPS port"),
    says: /use https:\/\/ in place of http:\/\//,
  },
  { status: 401, body: page("401 Authorization Required"), says: /let signed requests pass/ },
  { status: 403, headers: { Server: "cloudflare" }, says: /of cloudflare before it; have it let/ },
  { status: 404, body: "404 page not found", says: /: 404 page not found; look at the address/ },
  { status: 404, body: '{"code":404,"message":"no route"}', says: /: no route; look/ },
  { status: 405, headers: NGINX, body: page("405 Not Allowed"), says: /let POST, PUT and DELETE/ },
  { status: 414, says: /look at the address/ },
  { status: 431, says: /raise its limit of headers/ },
  ...[301, 302, 307, 308].map((status) => ({
    status,
    headers: { Location: "https://login.example/sign-in?to=secret" },
    says: /with a redirect .*nothing is sent on to https:\/\/login\.example\/sign-in: use/,
  })),
  { status: 302, says: /a redirect .*nothing is sent on: use the gateway's own address/ },
];

/** It may have been done: it has to be found out. */
const UNKNOWN: readonly Foreign[] = [
  { status: 502, headers: NGINX, body: page("502 Bad Gateway"), says: /nginx.*502 Bad Gateway/ },
  { status: 504, headers: NGINX, body: page("504 Gateway Time-out"), says: /504 Gateway Time-out/ },
  { status: 503, body: "upstream connect error", says: /upstream connect error/ },
  { status: 503, body: '{"code":503,"message":"reset"}', says: /reset/ },
  { status: 520, body: '{"code":520}', says: /no answer of the gateway/ },
  { status: 408, body: page("408 Request Time-out"), says: /408 Request Time-out/ },
  { status: 499, says: /no answer/ },
  { status: 200, body: page("Welcome"), says: /Welcome; look at the address/ },
  { status: 200, body: '{"code":7,"message":"not known"}', says: /not known/ },
  { status: 204, says: /no answer/ },
];

/** A client of a server that answers so, and how many requests of it there were. */
async function clientOf(t: TestContext, answer: (response: ServerResponse, count: number) => void) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    request.resume();
    request.on("end", () => answer(response, asked.length));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  let nowMs = 0;
  const client = new CountermandClient({
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    credentials: { apiKey: "demo-key", secret: "demo-secret" },
    callTimeoutMs: 80_000,
    // Time passes by pauses only, and no attempt is short of it.
    monotonicMs: () => nowMs,
    delay: (ms) => {
      nowMs += ms;
      return Promise.resolve();
    },
  });
  return { client, asked };
}

function give(response: ServerResponse, { status, headers = {}, body = "" }: Foreign): void {
  response.writeHead(status, { "Retry-After": "30", ...headers }).end(body);
}

async function failureOf(call: Promise<unknown>): Promise<Error> {
  const error = await call.then(
    () => assert.fail("it is no success"),
    (fault: unknown) => fault,
  );
  assert.ok(error instanceof Error);
  return error;
}

for (const foreign of TURNED_AWAY) {
  const { status, body = "", says } = foreign;
  test(`foreign: turned away with ${status} ${body.slice(0, 40)}`, async (t) => {
    const { client, asked } = await clientOf(t, (response) => give(response, foreign));
    const all = Object.entries({ ...CHANGES, ...QUESTIONS });
    for (const [at, [what, ask]] of all.entries()) {
      const error = await failureOf(ask(client));
      assert.ok(error instanceof ConnectionError, `${what}: ${error}`);
      assert.match(error.message, /^[A-Z]+ \S+ was turned away, nothing was done: HTTP status /);
      assert.match(error.message, says, what);
      assert.ok(!error.message.includes("secret"), error.message);
      assert.equal(asked.length, at + 1, `${what}: once`);
    }
  });
}

for (const foreign of UNKNOWN) {
  const { status, body = "", says } = foreign;
  test(`foreign: nobody knows after ${status} ${body.slice(0, 40)}`, async (t) => {
    const { client, asked } = await clientOf(t, (response) => give(response, foreign));
    for (const [what, ask] of Object.entries(CHANGES)) {
      const error = await failureOf(ask(client));
      assert.ok(error instanceof OutcomeUnknownError, `${what}: ${error}`);
      assert.match(error.message, says, what);
      assert.match(error.message, /; (look|find out|send)/, what);
      assert.ok(error.attempts > 1, `${what}: asks again`);
    }
    const before = asked.length;
    for (const [what, ask] of Object.entries(QUESTIONS)) {
      const error = await failureOf(ask(client));
      assert.ok(error instanceof ConnectionError, `${what}: ${error}`);
      assert.match(error.message, says, what);
    }
    assert.ok(asked.length > before + Object.keys(QUESTIONS).length, "a question is repeated");
  });
}

test("foreign: a proxy that has too many requests is asked again, and it is no unknown", async (t) => {
  const busy = { status: 429, says: /./ };
  const { client, asked } = await clientOf(t, (response) => give(response, busy));
  const error = await failureOf(client.place(BUY));
  assert.ok(error instanceof ConnectionError, `${error}`);
  assert.match(error.message, /turned away.*send less often/);
  assert.ok(asked.length > 1);
});

test("foreign: a page behind a lost answer says nothing of it, and it is found out", async (t) => {
  const { client, asked } = await clientOf(t, (response, count) => {
    if (count === 1) response.socket?.destroy();
    else if (count === 2) give(response, { status: 403, body: page("Forbidden"), says: /./ });
    else response.end('{"code":0,"data":{"order_no":"22000000001"}}');
  });
  assert.deepEqual(await client.place(BUY), NAME);
  assert.equal(asked.length, 3);
});

test("foreign: a stream says what answers its handshake, and goes on trying", async (t) => {
  for (const foreign of [...TURNED_AWAY, ...UNKNOWN]) {
    const { client } = await clientOf(t, (response) => give(response, foreign));
    const stream = client.stream();
    for await (const event of stream) {
      assert.ok(event.type === "disconnected");
      assert.match(
        event.reason,
        /^the time is not told by http:\/\/127\.0\.0\.1:\d+: HTTP status /,
      );
      assert.match(event.reason, foreign.says);
      break;
    }
    assert.equal(stream.error, null);
  }
});

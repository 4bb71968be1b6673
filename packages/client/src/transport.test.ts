import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError, ConnectionError, OutcomeUnknownError } from "./errors.ts";
import { systemDelay } from "./system.ts";
import { type Call, Transport, type TransportOptions } from "./transport.ts";

interface Sent {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

type Reply = Response | Error;

/** A transport whose peer gives these replies, on a clock that only its pauses move. */
function scripted(replies: Reply[], options: Partial<TransportOptions> = {}) {
  const sent: Sent[] = [];
  const pauses: number[] = [];
  const time = { nowMs: 1_746_774_142_000 };
  const transport = new Transport({
    baseUrl: "http://127.0.0.1:1/",
    credentials: { apiKey: "demo-key", secret: "demo-secret" },
    now: () => time.nowMs,
    delay: (ms) => {
      pauses.push(ms);
      time.nowMs += ms;
      return Promise.resolve();
    },
    fetch: (input, init) => {
      const headers = init?.headers as Record<string, string>;
      sent.push({ path: new URL(String(input)).pathname, headers });
      const reply = replies.shift();
      assert.ok(reply !== undefined, "one reply for each request");
      return reply instanceof Error ? Promise.reject(reply) : Promise.resolve(reply);
    },
    ...options,
  });
  return { transport, sent, pauses, time };
}

function json(status: number, body: object, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), { status, headers });
}

function refusal(reason: string) {
  return { code: 11030202, message: "m", details: "d", reason, retryable: false };
}

const PLACE: Call = {
  method: "POST",
  path: "/trade/v1/orders",
  body: "{}",
  signed: true,
  changes: true,
};
const LIST: Call = { method: "GET", path: "/trade/v1/orders", signed: true, changes: false };
const TOLD = { code: 0, data: { timestamp: 1_746_774_112_000 } };
const CUT = new TypeError("socket hang up");

test("transport: the signature is that of the published vector", async () => {
  const { transport, sent } = scripted([json(200, { code: 0 })]);
  const body = '{"order_no":"22000000022","reference_id":""}';
  // The clock stands at the vector's time less its three milliseconds.
  for (let count = 0; count < 3; count += 1) transport.clock.stampMs();
  const call: Call = {
    method: "DELETE",
    path: "/trade/v1/orders",
    body,
    signed: true,
    changes: true,
  };
  await transport.call(call);
  assert.equal(sent[0]?.headers["X-API-Timestamp"], "1746774142003");
  const expected = "8Kcb7kOKQ1WSnea4VEvBwtIJQE+nLwFstzHtvktTiF0=";
  assert.equal(sent[0]?.headers["X-API-Signature"], expected);
});

test("transport: after a lost answer the very same bytes are sent again", async () => {
  const replayed = json(200, { code: 0 }, { "X-Idempotent-Replay": "true" });
  const { transport, sent } = scripted([CUT, json(500, {}), replayed]);
  const success = await transport.call(PLACE);
  assert.equal(success.replayed, true);
  assert.equal(sent.length, 3);
  assert.deepEqual(sent[1], sent[0]);
  assert.deepEqual(sent[2], sent[0]);
});

test("transport: a refusal is an error and is not repeated", async () => {
  const { transport, sent } = scripted([json(404, refusal("unknown_order"))]);
  await assert.rejects(transport.call(PLACE), (error: unknown) => {
    assert.ok(error instanceof ApiError);
    assert.deepEqual(
      [error.httpStatus, error.reason, error.code],
      [404, "unknown_order", 11030202],
    );
    return true;
  });
  assert.equal(sent.length, 1);
});

test("transport: 429 and 503 are waited for as the gateway says", async () => {
  const { transport, pauses } = scripted([
    json(429, refusal("rate_limited"), { "Retry-After": "2" }),
    json(503, refusal("overloaded"), { "Retry-After": "1" }),
    json(200, { code: 0 }),
  ]);
  await transport.call(PLACE);
  assert.deepEqual(pauses, [2_000, 1_000]);
});

test("transport: whatever stands before the gateway is waited for as it says", async () => {
  const headers = { "Retry-After": "2" };
  const busy = (status: number) => new Response("<html>", { status, headers });
  const { transport, pauses } = scripted([busy(503), busy(429), busy(502), json(200, { code: 0 })]);
  await transport.call(PLACE);
  assert.deepEqual(pauses, [2_000, 2_000, 2_000]);
});

test("transport: a wrong clock is measured, and the request signed again", async () => {
  const { transport, sent, time } = scripted([
    json(401, refusal("timestamp_out_of_window")),
    ...[1, 2, 3].map(() => json(200, { code: 0, data: { timestamp: 1_746_000_000_000 } })),
    json(200, { code: 0 }),
  ]);
  await transport.call(PLACE);
  assert.equal(sent.at(-1)?.headers["X-API-Timestamp"], "1746000000000");
  assert.equal(transport.clock.offsetMs, 1_746_000_000_000 - time.nowMs);
});

test("transport: the time told is taken for that of the middle of its round trip", async () => {
  const { transport, time } = scripted([], {
    fetch: () => {
      time.nowMs += 200;
      return Promise.resolve(json(200, { code: 0, data: { timestamp: time.nowMs } }));
    },
  });
  await transport.measureClock();
  assert.deepEqual([transport.clock.offsetMs, transport.clock.errorMs], [100, 100]);
});

test("transport: equal calls at one time are never one request, whatever ends them", async () => {
  const { transport, sent } = scripted([1, 2, 3].map(() => json(200, { code: 0 })));
  const stoppable = transport.withSignal(new AbortController().signal);
  for (const each of [transport, stoppable, transport]) await each.call(PLACE);
  const times = sent.map(({ headers }) => headers["X-API-Timestamp"]);
  assert.equal(new Set(times).size, 3, times.join());
});

test("transport: what is signed for one address is never sent on to another", async () => {
  const { transport } = scripted([], {
    fetch: (_input, init) => {
      assert.equal(init?.redirect, "manual");
      return Promise.resolve(json(200, { code: 0 }));
    },
  });
  await transport.call(PLACE);
});

test("transport: the gateway's clock is waited for as long as its call may take", async () => {
  const replies = [json(401, refusal("timestamp_out_of_window"))];
  for (let count = 0; count < 3; count += 1) replies.push(json(200, TOLD));
  replies.push(json(200, { code: 0 }));
  const { transport } = scripted([], {
    // As in life: the two clocks have not the same beginning.
    monotonicMs: () => 0,
    fetch: async () => {
      await systemDelay(5);
      return replies.shift() ?? Response.error();
    },
  });
  await transport.call(PLACE);
  assert.equal(replies.length, 0);
});

test("transport: timeouts that no timer takes are waited for as long as one can", async () => {
  for (const limitMs of [Number.POSITIVE_INFINITY, Number.MAX_SAFE_INTEGER, 2 ** 31]) {
    const told = [1, 2, 3].map(() => json(200, TOLD));
    const late = json(401, refusal("timestamp_out_of_window"));
    const { transport, sent } = scripted([late, ...told, json(200, { code: 0 })], {
      attemptTimeoutMs: limitMs,
      callTimeoutMs: limitMs,
    });
    await transport.call(PLACE);
    assert.equal(sent.length, 5);
  }
});

test("transport: a clock that is fast by seconds is corrected, too", async () => {
  const { transport, sent, time } = scripted([
    json(401, refusal("timestamp_out_of_window")),
    ...[1, 2, 3].map(() => json(200, { code: 0, data: { timestamp: 1_746_774_112_000 } })),
    json(200, { code: 0 }),
    json(200, { code: 0 }),
  ]);
  assert.equal(time.nowMs, 1_746_774_142_000);
  await transport.call(PLACE);
  assert.equal(sent.at(-1)?.headers["X-API-Timestamp"], "1746774112000");
  await transport.call(PLACE);
  assert.equal(sent.at(-1)?.headers["X-API-Timestamp"], "1746774112001");
});

test("transport: a write without any answer in time has an unknown outcome", async () => {
  const cuts = Array.from({ length: 50 }, () => CUT);
  const { transport } = scripted(cuts, { callTimeoutMs: 5_000 });
  await assert.rejects(transport.call(PLACE), (error: unknown) => {
    assert.ok(error instanceof OutcomeUnknownError);
    assert.equal(error.request, "POST /trade/v1/orders");
    assert.ok(error.attempts > 1);
    return true;
  });
});

test("transport: a clock that is set meanwhile neither ends a call nor keeps it", async () => {
  for (const stepMs of [-3_600_000, 3_600_000]) {
    let monotonicMs = 0;
    const cuts = Array.from({ length: 50 }, () => CUT);
    const { transport, sent, time } = scripted(cuts, {
      callTimeoutMs: 5_000,
      monotonicMs: () => monotonicMs,
      delay: (ms) => {
        if (sent.length === 2) time.nowMs += stepMs;
        monotonicMs += ms;
        return Promise.resolve();
      },
    });
    await assert.rejects(transport.call(PLACE), OutcomeUnknownError);
    assert.ok(monotonicMs > 2_000 && monotonicMs < 5_000, `${stepMs}: after ${monotonicMs} ms`);
  }
});

test("transport: a signature that ran out while the outcome was unknown leaves it unknown", async () => {
  const { transport } = scripted([CUT, json(401, refusal("timestamp_out_of_window"))]);
  await assert.rejects(transport.call(PLACE), OutcomeUnknownError);
});

test("transport: a read without any answer is a failed connection", async () => {
  const cuts = Array.from({ length: 50 }, () => CUT);
  const { transport } = scripted(cuts, { callTimeoutMs: 5_000 });
  await assert.rejects(transport.call(LIST), ConnectionError);
});

test("transport: what never left this machine is no unknown outcome", async () => {
  const refused = Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:1"), {
    code: "ECONNREFUSED",
  });
  const unsent = Array.from(
    { length: 50 },
    () => new TypeError("fetch failed", { cause: refused }),
  );
  const { transport } = scripted([...unsent], { callTimeoutMs: 5_000 });
  await assert.rejects(transport.call(PLACE), (error: unknown) => {
    assert.ok(error instanceof ConnectionError);
    assert.match(error.message, /POST \/trade\/v1\/orders: connect ECONNREFUSED 127\.0\.0\.1:1$/);
    return true;
  });
  const { transport: cut } = scripted([CUT, ...unsent], { callTimeoutMs: 5_000 });
  await assert.rejects(cut.call(PLACE), OutcomeUnknownError);
});

test("transport: a key that is taken away while the outcome was unknown leaves it unknown", async () => {
  const { transport } = scripted([CUT, json(403, refusal("permission_missing"))]);
  await assert.rejects(transport.call(PLACE), OutcomeUnknownError);
});

test("transport: an answer after a lost one decides, unless the key was not let in", async () => {
  const { transport } = scripted([CUT, json(409, refusal("too_late_filled"))]);
  await assert.rejects(transport.call(PLACE), (error) => {
    return error instanceof ApiError && error.reason === "too_late_filled";
  });
});

test("transport: a request whose time is refused twice is given up", async () => {
  const late = () => json(401, refusal("timestamp_out_of_window"));
  const told = [1, 2, 3].map(() => json(200, TOLD));
  const { transport, sent } = scripted([late(), ...told, late()]);
  await assert.rejects(transport.call(PLACE), { reason: "timestamp_out_of_window" });
  assert.equal(sent.length, 5);
});

test("transport: the time that another call measures is measured once, and anew later", async () => {
  const { transport, sent } = scripted(Array.from({ length: 6 }, () => json(200, TOLD)));
  await Promise.all([transport.measureClock(), transport.measureClock()]);
  assert.equal(sent.length, 3);
  await transport.measureClock();
  assert.equal(sent.length, 6);
});

test("transport: the time of a call ends in its last refusal, if no answer was lost", async () => {
  const busy = () => json(503, refusal("overloaded"), { "Retry-After": "2" });
  const ends: [first: Reply, call: Call, end: new (...given: never[]) => Error][] = [
    [busy(), LIST, ApiError],
    [busy(), PLACE, ApiError],
    [CUT, LIST, ConnectionError],
    [CUT, PLACE, OutcomeUnknownError],
  ];
  for (const [first, call, end] of ends) {
    const { transport } = scripted([first, busy(), busy(), busy()], { callTimeoutMs: 5_000 });
    await assert.rejects(transport.call(call), end);
  }
});

test("transport: whoever waits is told what for, and gets the receipt if there is one", async () => {
  const told: string[] = [];
  const { transport } = scripted(
    [json(503, refusal("overloaded")), CUT, json(200, { code: 0, receipt: "r" }), json(200, TOLD)],
    { onRepeat: ({ attempts, problem }) => told.push(`${attempts}: ${problem}`) },
  );
  assert.equal((await transport.call(PLACE)).receipt, "r");
  assert.deepEqual(told, ["1: m: d (11030202)", "2: socket hang up"]);
  assert.ok(!("receipt" in (await transport.call(PLACE))));
});

test("transport: the headers that a call needs, and no more", async () => {
  const asked: [call: Call, headers: Record<string, string>][] = [
    [{ ...LIST, signed: false }, {}],
    [{ ...PLACE, signed: false }, { "Content-Type": "application/json" }],
    [{ ...LIST, signed: false, representation: true }, { Prefer: "return=representation" }],
    [{ ...LIST, signed: false, receipt: true }, { "X-Receipt": "ed25519" }],
    [{ ...LIST, signed: false, representation: false, receipt: false }, {}],
  ];
  const { transport, sent } = scripted(asked.map(() => json(200, { code: 0 })));
  for (const [call] of asked) await transport.call(call);
  assert.deepEqual(
    sent.map(({ headers }) => headers),
    asked.map(([, headers]) => headers),
  );
});

test("transport: without a word of the gateway pauses double up to 3 s, less up to a half", async () => {
  const silent = [503, 503, 503, 503, 503, 503, 503].map((status) =>
    json(status, refusal("overloaded"), { "Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT" }),
  );
  const cuts = silent.map(() => CUT);
  const spoiled = ["", "-5", "1e0", "0x1", "soon", "+0", "."].map((said) =>
    json(503, refusal("overloaded"), { "Retry-After": said }),
  );
  const mute = silent.map(() => json(503, refusal("overloaded")));
  for (const failures of [silent, cuts, mute, spoiled]) {
    const { transport, pauses } = scripted([...failures, json(200, { code: 0 })]);
    await transport.call(PLACE);
    const mostMs = [100, 200, 400, 800, 1_600, 3_000, 3_000];
    assert.equal(pauses.length, mostMs.length);
    for (const [index, most] of mostMs.entries()) {
      const ms = pauses[index] ?? 0;
      assert.ok(ms >= most / 2 && ms <= most, `pause ${index + 1}: ${ms} ms`);
    }
  }
});

test("transport: told to repeat at once, it leaves a pause all the same", async () => {
  const at = { "Retry-After": "0" };
  const { transport, pauses } = scripted([
    json(503, refusal("overloaded"), at),
    json(200, { code: 0 }),
  ]);
  await transport.call(PLACE);
  assert.deepEqual(pauses, [100]);
});

test("transport: no attempt outlasts the time of its call", async () => {
  const never: typeof fetch = (_input, init) => {
    return new Promise((_resolve, reject) => {
      init?.signal?.addEventListener("abort", () => reject(init.signal?.reason as Error));
    });
  };
  const { transport } = scripted([], { callTimeoutMs: 20, fetch: never });
  // Timeouts of requests keep no process alive; here a connection would.
  const connection = setInterval(() => {}, 1_000);
  await assert.rejects(transport.call(PLACE), /outcome unknown .* due to timeout/);
  clearInterval(connection);
});

test("transport: no measure of the clock outlasts the time of its call", async () => {
  const replies = [json(401, refusal("timestamp_out_of_window"))];
  const { transport } = scripted([], {
    callTimeoutMs: 20,
    fetch: () => {
      const reply = replies.shift();
      return reply === undefined ? new Promise(() => {}) : Promise.resolve(reply);
    },
  });
  const connection = setInterval(() => {}, 1_000);
  await assert.rejects(transport.call(PLACE), (error) => {
    return error instanceof ConnectionError && /^the time is not told by /.test(error.message);
  });
  clearInterval(connection);
});

test("transport: an aborted call says whether something may have been done", async () => {
  const stop = new AbortController();
  const reason = new Error("enough");
  const { transport } = scripted([], {
    fetch: (_input, init) => {
      stop.abort(reason);
      return Promise.reject(init?.signal?.reason as Error);
    },
  });
  const stoppable = transport.withSignal(stop.signal);
  await assert.rejects(stoppable.call(PLACE), OutcomeUnknownError);
  await assert.rejects(stoppable.call(PLACE), reason);
  await assert.rejects(stoppable.call(LIST), reason);
});

test("transport: a signal cuts an attempt short, whose query goes with its path", async () => {
  const stop = new AbortController();
  const reason = new Error("enough");
  const seen: string[] = [];
  const { transport } = scripted([], {
    baseUrl: "http://gateway:80//",
    fetch: (input, init) => {
      seen.push(String(input));
      init?.signal?.addEventListener("abort", () => seen.push("cut"));
      stop.abort(reason);
      return Promise.reject(reason);
    },
  });
  const stoppable = transport.withSignal(stop.signal);
  await assert.rejects(stoppable.call({ ...LIST, query: "page_index=1" }), reason);
  assert.deepEqual(seen, ["http://gateway:80/trade/v1/orders?page_index=1", "cut"]);
});

test("transport: a signal cuts a pause short", async () => {
  const stop = new AbortController();
  const reason = new Error("enough");
  const { transport } = scripted([json(503, refusal("overloaded"))], {
    delay: (ms, signal) => {
      setImmediate(() => stop.abort(reason));
      return systemDelay(1_000 * ms, signal);
    },
  });
  await assert.rejects(transport.withSignal(stop.signal).call(PLACE), reason);
});

test("transport: what a proxy answers in the gateway's place is no answer", async () => {
  const page = new Response("<html>Bad Gateway</html>", { status: 502 });
  const others = ["<html>welcome</html>", "null", "5", '"code"', "[]", "{}", ""];
  const { transport, sent } = scripted([
    page,
    ...others.map((text) => new Response(text, { status: 200 })),
    json(200, { code: 0 }),
  ]);
  await transport.call(PLACE);
  assert.equal(sent.length, 2 + others.length);
});

test("transport: what is no answer is told as that", async () => {
  const { transport } = scripted([new Response("null")], { callTimeoutMs: 50 });
  await assert.rejects(transport.call(LIST), /HTTP status 200 with a body that is no answer/);
});

test("transport: a read whose answer was lost may be signed again for its time", async () => {
  const late = json(401, refusal("timestamp_out_of_window"));
  const { transport, sent, time } = scripted([
    CUT,
    late,
    ...[1, 2, 3].map(() => json(200, { code: 0, data: { timestamp: 1_746_774_742_000 } })),
    json(200, { code: 0, data: [] }),
  ]);
  assert.deepEqual((await transport.call(LIST)).data, []);
  assert.ok(Number(sent.at(-1)?.headers["X-API-Timestamp"]) - time.nowMs > 500_000);
});

test("transport: a read that is not let in after a lost answer says so", async () => {
  const { transport } = scripted([CUT, json(401, refusal("signature_invalid"))]);
  await assert.rejects(transport.call(LIST), (error) => {
    return error instanceof ApiError && error.reason === "signature_invalid";
  });
});

test("transport: a call that is aborted while it measures the clock ends with that reason", async () => {
  const stop = new AbortController();
  const reason = new Error("enough");
  const replies = [json(401, refusal("timestamp_out_of_window"))];
  const { transport } = scripted([], {
    signal: stop.signal,
    fetch: () => {
      const reply = replies.shift();
      if (reply !== undefined) return Promise.resolve(reply);
      stop.abort(reason);
      return Promise.reject(reason);
    },
  });
  await assert.rejects(transport.call(PLACE), reason);
});

test("transport: a failure is told in its own words, with its code and what to do", async () => {
  const failed = { ...refusal("outcome_unknown"), code: 11050001, message: "Failed" };
  const broken = () => json(500, { ...failed, details: "the journal stands" });
  const calls = [PLACE, { ...PLACE, path: "/trade/v1/orders/cancel" }, { ...PLACE, method: "PUT" }];
  const steps = [/by its reference_id/, /send the cancel again by order_no/, /what stands/];
  for (const [at, call] of calls.entries()) {
    const { transport } = scripted([broken()], { callTimeoutMs: 50 });
    await assert.rejects(transport.call(call), (error: unknown) => {
      assert.ok(error instanceof OutcomeUnknownError && error.cause instanceof ApiError);
      assert.equal(error.cause.code, 11050001);
      assert.match(error.message, /: Failed: the journal stands \(11050001\); /);
      assert.match(error.message, steps[at] ?? /never/);
      return true;
    });
  }
  const { transport } = scripted([broken()], { callTimeoutMs: 50 });
  await assert.rejects(transport.call(LIST), (error: unknown) => {
    assert.ok(error instanceof ApiError && error.httpStatus === 500);
    return error.message === "Failed: the journal stands (11050001)";
  });
});

test("transport: what is no answer of the gateway is told in its own words", async () => {
  const foreign: [text: string, words: string][] = [
    ['{"message":"no route","details":"of this host"}', ": no route: of this host; look"],
    ['{"error":"upstream\\u0000 gone"}', ": upstream gone; look"],
    ['{"message":{"deep":1},"details":null}', "gateway; look"],
    ["<html><head><title>502 Bad\nGateway</title>", ": 502 Bad Gateway; look"],
    ["<html>", "gateway; look"],
    ["upstream connect error", ": upstream connect error; look"],
    ["x".repeat(9_000), `: ${"x".repeat(300)}; look`],
    ['{"code":"ok"}', "gateway; look"],
    ['{"code":null}', "gateway; look"],
    ['{"code":404,"message":"none"}', ": none; look"],
  ];
  const spoiled: [text: string, words: string][] = [
    ['{"code":0,"data":{}}', "gateway; look"],
    ['{"code":11030202,"mess', ': {"code":11030202,"mess; look'],
  ];
  for (const status of [400, 404, 500, 502]) {
    for (const [text, words] of [...foreign, ...spoiled]) {
      const { transport } = scripted([new Response(text, { status })], { callTimeoutMs: 50 });
      const isUnknown = status >= 500 || spoiled.some(([each]) => each === text);
      await assert.rejects(transport.call(PLACE), (error: unknown) => {
        assert.ok(error instanceof (isUnknown ? OutcomeUnknownError : ConnectionError), `${error}`);
        assert.ok(error.message.includes(`HTTP status ${status} with a body that is no answer`));
        assert.ok(error.message.includes(words), error.message);
        return true;
      });
    }
  }
});

test("transport: whether a refusal may be repeated is as the gateway says", async () => {
  for (const retryable of [true, false]) {
    const { transport } = scripted([json(409, { ...refusal("cancel_pending"), retryable })]);
    await assert.rejects(transport.call(PLACE), { retryable });
  }
});

test("transport: members of another form spoil no refusal", async () => {
  const odd = { code: 11030202, message: null, details: {}, reason: [], retryable: "yes" };
  const { transport } = scripted([json(400, odd)]);
  await assert.rejects(transport.call(PLACE), {
    message: "HTTP status 400 (11030202)",
    details: "",
    reason: "",
    retryable: false,
  });
});

test("transport: what did not see the repetition says nothing of the lost attempt", async () => {
  for (const [status, body] of [
    [408, refusal("request_timeout")],
    [404, { code: 404 }],
  ] as const) {
    const { transport: lost } = scripted([CUT, json(status, body)], { callTimeoutMs: 150 });
    await assert.rejects(lost.call(PLACE), OutcomeUnknownError);
    const { transport } = scripted([CUT, json(status, body), json(200, { code: 0 })]);
    await transport.call(PLACE);
    const { transport: alone } = scripted([json(status, body)]);
    const end = status === 408 ? ApiError : ConnectionError;
    await assert.rejects(alone.call(PLACE), end);
  }
});

test("transport: a time that is none is not taken for the gateway's", async () => {
  for (const data of [undefined, {}, { timestamp: "1746774112000" }, { timestamp: 1.5 }]) {
    const { transport, sent } = scripted([json(200, { code: 0, data }), json(200, { code: 0 })]);
    await assert.rejects(transport.measureClock(), ConnectionError);
    await transport.call(PLACE);
    assert.equal(sent[1]?.headers["X-API-Timestamp"], "1746774142000");
  }
});

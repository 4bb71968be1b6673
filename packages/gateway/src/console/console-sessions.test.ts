// Goal: a session is as long and as strong as its key and its limits say, also over a restart.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import type { Account } from "@countermand/core/model";
import { KeyStore } from "../auth/key-store.ts";
import { FakeClock } from "../sys/fake-clock.ts";
import { ConsoleSessions } from "./console-sessions.ts";
import {
  KEEP_RETRY_MS,
  KEPT_MS,
  SESSION_IDLE_MS,
  SESSION_LIFE_MS,
  SESSIONS_MAX,
  SESSIONS_PER_KEY_MAX,
  SWEEP_MS,
} from "./limits.ts";
import { type KeptSessions, SessionFile } from "./session-file.ts";
import type { SignedIn } from "./sign-in-codes.ts";

function of(apiKey: string): SignedIn {
  return { apiKey, secretSinceMs: 0 };
}

class Bench {
  readonly clock = new FakeClock();
  readonly folder: string;
  readonly troubles: Error[] = [];
  readonly missing = new Set<string>();
  /** In the place of a file. */
  disk: Pick<SessionFile, "read" | "write"> | null = null;
  sessions: ConsoleSessions;

  constructor(t: TestContext) {
    this.folder = mkdtempSync(join(tmpdir(), "countermand-console-"));
    t.after(() => rmSync(this.folder, { recursive: true, force: true }));
    this.sessions = this.open();
  }

  open(): ConsoleSessions {
    const keys = new KeyStore();
    for (let n = 0; n < 100; n += 1) keys.add(`key-${n}`, "secret", `8011${n}` as Account);
    this.sessions = new ConsoleSessions({
      keys: {
        findSince: (apiKey, wallMs, sinceMs) => {
          return this.missing.has(apiKey) ? null : keys.findSince(apiKey, wallMs, sinceMs);
        },
      },
      clock: this.clock,
      file: this.disk ?? new SessionFile(this.folder),
      onNotKept: (error) => this.troubles.push(error),
    });
    return this.sessions;
  }

  get file(): string {
    return join(this.folder, "console-sessions.json");
  }
}

test("sessions: one acts for its key's account; a token that is none does not", (t) => {
  const { sessions } = new Bench(t);
  const token = sessions.begin(of("key-1"));
  assert.equal(sessions.use(token)?.key.caller.account, "80111");
  assert.equal(sessions.use(`${token}x`), null);
  assert.equal(sessions.use(""), null);
  sessions.end(token);
  assert.equal(sessions.use(token), null);
});

test("sessions: what has lost its key is ended when somebody looks, and does not come back", (t) => {
  const { sessions, missing } = new Bench(t);
  const [gone, other] = [sessions.begin(of("key-1")), sessions.begin(of("key-2"))];
  missing.add("key-1");
  sessions.endLost();
  missing.delete("key-1");
  assert.equal(sessions.use(gone), null);
  assert.ok(sessions.use(other) !== null);
});

test("sessions: each has a CSRF token of its own, the same as long as it lives", (t) => {
  const { sessions } = new Bench(t);
  const [a, b] = [sessions.begin(of("key-1")), sessions.begin(of("key-1"))];
  const csrf = sessions.use(a)?.csrfToken;
  assert.match(csrf ?? "", /^[\w-]{43}$/);
  assert.equal(sessions.use(a)?.csrfToken, csrf);
  assert.notEqual(sessions.use(b)?.csrfToken, csrf);
  assert.notEqual(csrf, a);
});

test("sessions: unused it ends after the idle time, used at the latest after its life", (t) => {
  const { sessions, clock } = new Bench(t);
  const idle = sessions.begin(of("key-1"));
  const used = sessions.begin(of("key-1"));
  clock.advance(SESSION_IDLE_MS - 1);
  assert.ok(sessions.use(used) !== null);
  clock.advance(1);
  assert.equal(sessions.use(idle), null);
  for (let pastMs = SESSION_IDLE_MS; pastMs + 60_000 < SESSION_LIFE_MS; pastMs += 60_000) {
    clock.advance(60_000);
    assert.ok(sessions.use(used) !== null);
  }
  clock.advance(60_000);
  assert.equal(sessions.use(used), null);
});

test("sessions: an open page keeps one in use, and is cut when it ends or its key does", (t) => {
  const bench = new Bench(t);
  const { sessions, clock, missing } = bench;
  const ended: string[] = [];
  const [listening, revoked] = [sessions.begin(of("key-1")), sessions.begin(of("key-2"))];
  sessions.use(listening)?.onEnd(() => ended.push("listening"));
  sessions.use(revoked)?.onEnd(() => ended.push("revoked"));
  clock.advance(SESSION_IDLE_MS + SWEEP_MS);
  assert.deepEqual(ended, []);
  missing.add("key-2");
  clock.advance(SWEEP_MS);
  assert.deepEqual(ended, ["revoked"]);
  sessions.end(listening);
  assert.deepEqual(ended, ["revoked", "listening"]);
});

test("sessions: they outlive a restart, and the file lets nobody in", async (t) => {
  const bench = new Bench(t);
  const token = bench.sessions.begin(of("key-1"));
  const { cookieName } = bench.sessions;
  const gone = bench.sessions.begin(of("key-1"));
  bench.sessions.end(gone);
  await bench.sessions.kept();
  const kept = readFileSync(bench.file, "utf8");
  assert.ok(!kept.includes(token));
  assert.equal(statSync(bench.file).mode & 0o777, 0o600);
  const again = bench.open();
  assert.equal(again.cookieName, cookieName);
  assert.equal(again.use(token)?.key.caller.apiKey, "key-1");
  assert.equal(again.use(gone), null);
  // What stands in the file is not what a browser has to send.
  const { sessions } = JSON.parse(kept) as { readonly sessions: readonly { hash: string }[] };
  assert.equal(again.use(sessions[0]?.hash ?? ""), null);
});

test("sessions: one that nobody used for long does not come back with a restart", async (t) => {
  const bench = new Bench(t);
  const idle = bench.sessions.begin(of("key-1"));
  bench.clock.advance(SESSION_IDLE_MS - 1);
  const fresh = bench.sessions.begin(of("key-2"));
  bench.clock.advance(1);
  await bench.sessions.close();
  const again = bench.open();
  assert.equal(again.use(idle), null);
  assert.ok(again.use(fresh) !== null);
});

test("sessions: a file that is not ours signs everybody out and harms nothing", async (t) => {
  const bench = new Bench(t);
  const token = bench.sessions.begin(of("key-1"));
  await bench.sessions.kept();
  for (const text of ["", "{", "null", '{"instance":"../x","sessions":[]}', '{"sessions":1}']) {
    writeFileSync(bench.file, text);
    assert.equal(bench.open().use(token), null, text);
  }
});

test("sessions: beyond the limits the one used longest ago ends", (t) => {
  const { sessions, clock } = new Bench(t);
  const first = sessions.begin(of("key-0"));
  clock.advance(1);
  const rest = Array.from({ length: SESSIONS_PER_KEY_MAX }, () => sessions.begin(of("key-0")));
  assert.equal(sessions.use(first), null);
  assert.ok(rest.every((token) => sessions.use(token) !== null));
  assert.ok(SESSIONS_PER_KEY_MAX * 100 > SESSIONS_MAX, "the keys of this test can fill the table");
});

test("sessions: a disk that fails is said, and the session stands until the restart", async (t) => {
  const bench = new Bench(t);
  rmSync(bench.folder, { recursive: true, force: true });
  const token = bench.sessions.begin(of("key-1"));
  await bench.sessions.kept();
  assert.equal(bench.troubles.length, 1);
  assert.equal(bench.sessions.use(token)?.key.caller.apiKey, "key-1");
});

test("sessions: what the disk did not take is tried again, and its failing said once", async (t) => {
  const bench = new Bench(t);
  const { clock, troubles } = bench;
  const written: KeptSessions[] = [];
  let isFull = false;
  bench.disk = {
    read: () => ({ instance: "0123abcd", sessions: [] }),
    write: async (kept) => {
      if (isFull) throw new Error("no room");
      written.push(kept);
    },
  };
  const sessions = bench.open();
  const token = sessions.begin(of("key-1"));
  await sessions.kept();
  isFull = true;
  sessions.end(token);
  await sessions.kept();
  clock.advance(KEEP_RETRY_MS);
  await sessions.kept();
  assert.deepEqual([written.length, troubles.length], [1, 1]);
  isFull = false;
  clock.advance(KEEP_RETRY_MS - 1);
  await sessions.kept();
  assert.equal(written.length, 1);
  clock.advance(1);
  await sessions.kept();
  assert.deepEqual(written.at(-1)?.sessions, []);
  assert.equal(clock.timerCount, 0, "then nothing is left to do");
  isFull = true;
  sessions.begin(of("key-2"));
  await sessions.kept();
  assert.equal(troubles.length, 2);
  isFull = false;
  await sessions.close();
  assert.deepEqual(
    written.at(-1)?.sessions.map(({ apiKey }) => apiKey),
    ["key-2"],
    "a stop tries once more",
  );
  assert.equal(clock.timerCount, 0);
});

test("sessions: a disk that does not answer keeps nobody waiting, and gets the last word", async (t) => {
  const bench = new Bench(t);
  const { clock } = bench;
  const written: KeptSessions[] = [];
  const answers: (() => void)[] = [];
  bench.disk = {
    read: () => ({ instance: "0123abcd", sessions: [] }),
    write: (kept) => {
      written.push(kept);
      return new Promise((resolve) => void answers.push(resolve));
    },
  };
  const sessions = bench.open();
  const [stays, goes] = [sessions.begin(of("key-1")), sessions.begin(of("key-2"))];
  sessions.end(goes);
  assert.equal(sessions.use(goes), null, "who signs out is out at once");
  assert.ok(sessions.use(stays) !== null);
  const closed = sessions.close();
  clock.advance(KEPT_MS);
  await closed;
  assert.equal(written.length, 1, "one write at a time");
  const kept = sessions.kept();
  answers[0]?.();
  while (answers.length < 2) await setImmediate();
  answers[1]?.();
  await kept;
  assert.deepEqual(
    written.at(-1)?.sessions.map(({ apiKey }) => apiKey),
    ["key-1"],
  );
  assert.equal(clock.timerCount, 0);
});

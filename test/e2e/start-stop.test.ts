/** The start-up surface that others script against: lines, signals, exit codes. */
import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readConfig } from "../../packages/gateway/src/config.ts";
import { coresOf } from "../../packages/gateway/src/sys/thread-core.ts";
import { eventually } from "./changes.ts";
import { audit } from "./crash/audit.ts";
import { type Account, Load, newAccounts } from "./crash/load.ts";
import { Random } from "./crash/random.ts";
import { freePort } from "./free-port.ts";
import { REAL_TIME, startGateway } from "./gateway-in-process.ts";
import { GATEWAY_ENTRY, type GatewayProcess, ROOT, Workplace } from "./gateway-process.ts";
import { KEY_1, SignedClient } from "./signed-client.ts";
import { StreamClient } from "./stream-client.ts";
import { BUY } from "./wire-orders.ts";

const READY_LINE = /^countermand ready http:\/\/127\.0\.0\.1:(\d+)\n/m;

/** Milliseconds a stop may take. */
const STOP_MS = 10_000;

test("start: the defaults", () => {
  const { host, port, dataDir, sandboxMarket } = readConfig({});
  assert.deepEqual([host, port, dataDir], ["127.0.0.1", 8080, join(process.cwd(), "data")]);
  assert.equal(readConfig({ COUNTERMAND_SANDBOX_MARKET: "on" }).sandboxMarket, "on");
  assert.equal(readConfig({ COUNTERMAND_SANDBOX_MARKET: "off" }).sandboxMarket, "off");
  assert.ok(["on", "off"].includes(sandboxMarket));
});

test("start: no file is open to others, whatever folder and mask are", async (t) => {
  const place = Workplace.of(t);
  const dataDir = place.path("open");
  mkdirSync(dataDir);
  // Not what the folder was made with: the mask of whoever runs the tests has taken from that.
  chmodSync(dataDir, 0o755);
  const mask = process.umask(0o022);
  const starting = place.gateway(dataDir, { COUNTERMAND_SANDBOX_KEYS: "random" });
  process.umask(mask);
  await starting;
  const names = readdirSync(dataDir);
  assert.ok(names.includes("journal.db-wal") && names.includes("reserve"), names.join(" "));
  const open = names.filter((name) => (statSync(join(dataDir, name)).mode & 0o077) !== 0);
  assert.deepEqual(open, []);
});

test("start: the ready line comes last and once, with the port that was taken", async (t) => {
  const place = Workplace.of(t);
  const dataDir = place.path("made/when/missing");
  const gateway = await place.gateway(dataDir, { COUNTERMAND_SANDBOX_MARKET: "on" });
  const port = READY_LINE.exec(gateway.stdout)?.[1];
  assert.notEqual(port, "0");
  assert.ok(gateway.stdout.trimEnd().endsWith(`countermand ready http://127.0.0.1:${port}`));
  for (const part of ["demo-key ", "demo-secret ", "demo-key-2", "demo-secret-2", "80114139"]) {
    assert.ok(gateway.stdout.includes(part), part);
  }
  assert.ok(existsSync(join(dataDir, "journal.db")));
  const second = await place.gateway(place.path("other"), { COUNTERMAND_HOST: "localhost" });
  assert.notEqual(second.port, gateway.port);
});

test("start: bound to a core is the thread that decides, and no other", async (t) => {
  const place = Workplace.of(t);
  const bound = { COUNTERMAND_DECIDING_CORE: String(availableCores(process.pid).at(-1)) };
  const { pid } = await place.gateway(place.path("data"), bound);
  const threads = readdirSync(`/proc/${pid}/task`).map(Number);
  const others = threads.filter((threadId) => threadId !== pid);
  assert.deepEqual(availableCores(pid), [Number(bound.COUNTERMAND_DECIDING_CORE)]);
  assert.ok(others.length > 0);
  for (const other of others)
    assert.deepEqual(availableCores(other, pid), availableCores(process.pid));
});

function availableCores(threadId: number, pid = threadId): number[] {
  const status = readFileSync(`/proc/${pid}/task/${threadId}/status`, "utf8");
  return coresOf(/^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1] ?? "");
}

test("start: what needs no signature, and SIGINT stops it", async (t) => {
  const place = Workplace.of(t);
  const gateway = await place.gateway(place.path("data"));
  const get = async (path: string) => {
    const response = await fetch(gateway.url + path);
    assert.equal(response.status, 200, path);
    return await response.text();
  };
  const before = Date.now();
  const { code, data } = JSON.parse(await get("/time"));
  assert.equal(code, 0);
  assert.ok(data.timestamp >= before && data.timestamp <= Date.now());
  assert.equal(JSON.parse(await get("/health/live")).code, 0);
  assert.equal(JSON.parse(await get("/health/ready")).code, 0);
  assert.match(await get("/metrics"), /^# TYPE countermand_\w+ (counter|gauge|histogram)$/m);
  gateway.kill("SIGINT");
  assert.deepEqual(await gateway.exited, { code: 0, signal: null }, gateway.stderr);
});

test("stop: SIGTERM under load exits 0 in time, and loses nothing", async (t) => {
  const place = Workplace.of(t);
  const accounts = newAccounts(new Random(1));
  const gateway = await place.gateway(place.path("data"));
  let eventsLeft = 2_000;
  let stoppedMs = 0;
  const load: Load = new Load(gateway.url, accounts, () => {
    eventsLeft -= 1;
    if (eventsLeft !== 0) return;
    load.gatewayDies();
    stoppedMs = performance.now();
    gateway.kill("SIGTERM");
  });
  await load.begin();
  await Promise.race([gateway.exited, load.failed]);
  assert.deepEqual(gateway.exit, { code: 0, signal: null }, gateway.stderr);
  const stopMs = performance.now() - stoppedMs;
  assert.ok(stopMs < STOP_MS, `stopped within ${STOP_MS} ms`);
  t.diagnostic(`stopped in ${Math.round(stopMs)} ms`);
  await load.end();

  await startedAgain(place.path("data"), async (url) => {
    for (const account of accounts) await assertUnansweredIsUndone(url, account);
    const rest = new Load(url, accounts, () => undefined);
    await rest.begin();
    await rest.end();
    for (const account of accounts) await account.catchUp(url);
  });
  audit(accounts);
});

test("stop: streams are told, a second SIGTERM changes nothing, the data is let go", async (t) => {
  const place = Workplace.of(t);
  const gateway = await place.gateway(place.path("data"));
  const stream = await StreamClient.open(gateway.url, KEY_1);
  const client = new SignedClient(gateway.url, KEY_1);
  const orderNo = await client.place(BUY);
  gateway.kill("SIGTERM");
  gateway.kill("SIGTERM");
  await stream.seen("the notice", ({ message }) => message.type === "notice");
  gateway.kill("SIGTERM");
  assert.equal((await stream.closed).code, 1012);
  assert.deepEqual(await gateway.exited, { code: 0, signal: null }, gateway.stderr);
  client.close();
  await startedAgain(place.path("data"), async (url) => {
    const again = new SignedClient(url, KEY_1);
    const orders = await again.orders();
    again.close();
    assert.deepEqual(
      orders.map(({ order_no }) => order_no),
      [orderNo],
    );
  });
});

test("reload: SIGHUP to a service reads the settings again, and keeps the old ones if wrong", async (t) => {
  const place = Workplace.of(t);
  const path = place.path("settings.conf");
  writeFileSync(path, "");
  const gateway = await place.gateway(place.path("data"), { COUNTERMAND_CONFIG_FILE: path });
  writeFileSync(path, "COUNTERMAND_KEY_ORDER_QTY_MAX=many\n");
  gateway.kill("SIGHUP");
  await gateway.seen("the refusal", ({ stderr }) => /reload_refused/.exec(stderr));
  assert.match(gateway.stderr, /COUNTERMAND_KEY_ORDER_QTY_MAX=.*many/);
  writeFileSync(path, "COUNTERMAND_KEY_ORDER_QTY_MAX=1\nCOUNTERMAND_SANDBOX_SEED=9\n");
  gateway.kill("SIGHUP");
  await gateway.seen("the reload", ({ stderr }) => /config\.reloaded/.exec(stderr));
  assert.match(gateway.stderr, /"applied":\["keyLimits"\],"needRestart":\["sandboxSeed"\]/);
  gateway.kill("SIGTERM");
  assert.deepEqual(await gateway.exited, { code: 0, signal: null }, gateway.stderr);
});

test("stop: SIGTERM while it starts exits 0 too", async (t) => {
  const place = Workplace.of(t);
  const dataDir = place.path("data");
  const gateway = place.launch(dataDir);
  await journalBegun(gateway, dataDir);
  gateway.kill("SIGTERM");
  assert.deepEqual(await gateway.exited, { code: 0, signal: null }, gateway.stderr);
  await startedAgain(dataDir, async () => undefined);
});

test("start: whoever asks for the state meanwhile is told when it is ready", async (t) => {
  const place = Workplace.of(t);
  const dataDir = place.path("data");
  const gateway = place.launch(dataDir);
  await journalBegun(gateway, dataDir);
  const state = await gateway.state();
  assert.match(state.hash, /^[0-9a-f]{64}$/);
  await gateway.ready();
  gateway.kill("SIGTERM");
  assert.deepEqual(await gateway.exited, { code: 0, signal: null }, gateway.stderr);
});

test("start: standard streams on a full disk end nothing", async (t) => {
  const place = Workplace.of(t);
  const port = String(await freePort());
  const script = 'exec "$0" "$@" >/dev/full 2>&1';
  const gateway = place.run("sh", ["-c", script, process.execPath, GATEWAY_ENTRY], {
    COUNTERMAND_PORT: port,
    COUNTERMAND_DATA_DIR: place.path("data"),
  });
  const url = `http://127.0.0.1:${port}`;
  const isReady = () =>
    fetch(`${url}/health/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  await eventually("gateway that is ready", async () => gateway.exit !== null || (await isReady()));
  const client = new SignedClient(url, KEY_1, 1);
  t.after(() => client.close());
  gateway.kill("SIGHUP");
  await client.place(BUY);
  gateway.kill("SIGTERM");
  assert.deepEqual(await gateway.exited, { code: 0, signal: null });
});

test("start: tools/launch.mjs starts it and passes SIGTERM on", async (t) => {
  const place = Workplace.of(t);
  const launcher = place.run(process.execPath, [join(ROOT, "tools", "launch.mjs"), "start"], {
    COUNTERMAND_PORT: "0",
    COUNTERMAND_DATA_DIR: place.path("data"),
  });
  const port = await launcher.seen(
    "the ready line",
    ({ stdout }) => READY_LINE.exec(stdout)?.[1] ?? null,
  );
  const response = await fetch(`http://127.0.0.1:${port}/health/ready`);
  assert.equal(response.status, 200);
  process.kill(launcher.pid, "SIGTERM");
  assert.deepEqual(await launcher.exited, { code: 0, signal: null }, launcher.stderr);
});

/** Resolves in the middle of a start. */
function journalBegun(gateway: GatewayProcess, dataDir: string): Promise<void> {
  const path = join(dataDir, "journal.db");
  return eventually("journal", () => gateway.exit !== null || existsSync(path));
}

/** A gateway on what a process has left: inside this one, which is sooner done. */
async function startedAgain(dataDir: string, use: (url: string) => Promise<void>): Promise<void> {
  const gateway = await startGateway(REAL_TIME, {
    COUNTERMAND_DATA_DIR: dataDir,
    COUNTERMAND_SANDBOX_RECIPES: "off",
  });
  try {
    await use(gateway.url);
  } finally {
    await gateway.stop();
  }
}

async function assertUnansweredIsUndone(url: string, account: Account): Promise<void> {
  const client = new SignedClient(url, account.key);
  for (const { parts } of account.unanswered) {
    for (const part of parts) {
      if (part.does !== "place") continue;
      const found = await client.orders(`reference_id=${part.referenceId}`);
      assert.deepEqual(found, [], "what got no answer was not acted on");
    }
  }
  client.close();
}

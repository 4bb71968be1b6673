// The command line as a person uses it, against a gateway in this process.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { type TestContext, test } from "node:test";
import { createProgram, run } from "@countermand/cli";
import { selfSigned } from "../../packages/gateway/src/http/tls-fixture.ts";
import { temporaryFolder } from "../../packages/gateway/src/sys/temporary-folder-fixture.ts";
import { type Ran, runCommand, wordsOf } from "./command-line.ts";
import { REAL_TIME, startInProcess } from "./gateway-in-process.ts";

type Countermand = (
  line: string | readonly string[],
  input?: string,
  stopped?: AbortSignal,
) => Promise<Ran>;

/** Runs commands, as a line or as its words, with a home of their own. */
function commandLine(t: TestContext, environment: Record<string, string>): Countermand {
  const home = temporaryFolder(t);
  const own = { XDG_CONFIG_HOME: home, ...environment };
  return (line, input, stopped) => {
    const words = typeof line === "string" ? wordsOf(line) : line;
    return runCommand(words, { environment: own, input, stopped });
  };
}

/** A server that answers nothing but what it is told to; gives its address. */
async function serverOf(t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Where nobody listens. */
async function goneUrl(): Promise<string> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return `http://127.0.0.1:${port}`;
}

async function textOf(stream: Readable): Promise<string> {
  let text = "";
  for await (const chunk of stream) text += String(chunk);
  return text;
}

interface SetUp {
  readonly countermand: Countermand;
  readonly url: string;
  readonly dataDir: string;
}

async function setUp(t: TestContext): Promise<SetUp> {
  const dataDir = mkdtempSync(join(tmpdir(), "countermand-cli-data-"));
  const { url } = await startInProcess(t, REAL_TIME, { COUNTERMAND_DATA_DIR: dataDir });
  t.after(() => rmSync(dataDir, { recursive: true, force: true }));
  return { countermand: commandLine(t, { COUNTERMAND_URL: url }), url, dataDir };
}

const COMMANDS = createProgram({
  input: Readable.from([]),
  output: new PassThrough(),
  errors: new PassThrough(),
  environment: {},
  stopped: new AbortController().signal,
}).commands.map((command) => command.name());

const PLACE = "place buy 00700 100 --price 423.83 --reference a1";

test("cli: place, show, list, cancel, and cancel again", async (t) => {
  const { countermand } = await setUp(t);
  const placed = await countermand(PLACE);
  assert.deepEqual([placed.code, placed.errors], [0, ""]);
  const orderNo = placed.output.trim();
  assert.match(orderNo, /^[0-9]{11}$/);
  const shown = await countermand("order --reference a1");
  assert.match(shown.output, /^status +open$/m);
  assert.match(shown.output, /^what +buy 100 00700 \(TENCENT\) on hkex$/m);
  const listed = await countermand("orders --status new");
  assert.match(listed.output, new RegExp(`^ORDER .*\\n${orderNo} +open +buy +00700 +423.83 +100 `));
  const cancelled = await countermand(`cancel ${orderNo}`);
  assert.deepEqual(
    [cancelled.code, cancelled.output],
    [0, `${orderNo} cancelled: 100 cancelled, 0 filled\n`],
  );
  const again = await countermand("cancel --reference a1");
  assert.match(again.output, /already cancelled/);
  assert.equal(again.code, 0);
});

test("cli: a cancel under a condition that does not hold cancels nothing", async (t) => {
  const { countermand } = await setUp(t);
  const orderNo = (await countermand(PLACE)).output.trim();
  const refused = await countermand(`cancel ${orderNo} --if-version 2`);
  assert.equal(refused.code, 1);
  assert.match(refused.output, /^not cancelled: version_changed: .* \(11030251\), order 2/);
  assert.match(refused.errors, /^Nothing was done, the order works on: /);
  assert.equal((await countermand(`cancel ${orderNo} --if-version 1`)).code, 0);
});

test("cli: a receipt is kept, and verified with and without the gateway", async (t) => {
  const { countermand, dataDir, url } = await setUp(t);
  const orderNo = (await countermand(PLACE)).output.trim();
  const file = join(dataDir, "receipt.jws");
  const jwks = join(dataDir, "keys.json");
  const canceled = await countermand(`cancel ${orderNo} --receipt ${file}`);
  assert.equal(canceled.code, 0);
  assert.ok(canceled.output.endsWith(`its receipt is in ${file}\n`));
  writeFileSync(jwks, await (await fetch(`${url}/receipt-keys`)).text());
  for (const options of [[], ["--jwks", jwks], ["--jwks", jwks, "--data-dir", dataDir]]) {
    const good = await countermand(["receipt", "verify", file, ...options]);
    assert.deepEqual([good.code, good.errors], [0, ""]);
    assert.match(good.output, new RegExp(`^order_no +${orderNo}$`, "m"));
    const isCompared = options.includes("--data-dir");
    const end = isCompared ? "the journal says the same" : "unchanged since";
    assert.match(good.output, new RegExp(`^good: .*${end}$`, "m"));
  }
  const receipt = readFileSync(file, "utf8");
  const answer = JSON.stringify({ code: 0, receipt: receipt.trim() });
  const piped = await countermand(`--json receipt verify - --jwks ${jwks}`, answer);
  assert.equal((JSON.parse(piped.output) as { good: boolean }).good, true);
  const changed = receipt.replace(/^./, "f");
  const bad = await countermand(`receipt verify - --jwks ${jwks}`, changed);
  assert.equal(bad.code, 1);
  assert.match(bad.errors, /^not good: /);
  const none = await countermand(`receipt verify - --jwks ${jwks}`, '{"code":0}');
  assert.equal(none.code, 2);
  const nowhere = join(dataDir, "no", "such", "folder");
  const unkept = await countermand(`cancel ${orderNo} --receipt ${nowhere}`);
  assert.equal(unkept.code, 5);
  assert.match(unkept.output, /already cancelled/);
  assert.match(unkept.errors, /^the receipt is not kept \(ENOENT.*\): ey/);
});

test("cli: backup copies a journal beside the gateway that writes it, once", async (t) => {
  const { countermand, dataDir } = await setUp(t);
  await countermand(PLACE);
  const folder = join(dataDir, "copy-backup");
  const backup = `backup ${folder} --data-dir ${dataDir}`;
  const made = await countermand(backup);
  assert.equal(made.code, 0, made.errors);
  assert.match(made.output, /-backup: whole, \d+ events, \d+ bytes/);
  assert.equal((await countermand(`verify --data-dir ${folder}`)).code, 0);
  const again = await countermand(backup);
  assert.equal(again.code, 1);
  assert.match(again.errors, /^no backup: .*-backup is there and not empty/m);
});

test("cli: verify says what a journal has, beside the gateway that writes it", async (t) => {
  const { countermand, dataDir } = await setUp(t);
  await countermand(PLACE);
  const whole = await countermand(`verify --data-dir ${dataDir}`);
  assert.deepEqual([whole.code, whole.errors], [0, ""]);
  assert.match(whole.output, /^desk-22 +[0-9]+ +[0-9a-f]{64}$/m);
  assert.match(whole.output, /^whole: [0-9]+ events, .*a gateway uses it/m);
  const json = await countermand(`--json verify --data-dir ${dataDir}`);
  assert.equal((JSON.parse(json.output) as { isInUse: boolean }).isInUse, true);
  const nothing = await countermand(`verify --data-dir ${join(dataDir, "none")}`);
  assert.equal(nothing.code, 2);
  assert.match(nothing.errors, /has no journal/);
});

test("cli: refusals are exit code 1 and say why", async (t) => {
  const { countermand } = await setUp(t);
  const unknown = await countermand("cancel 99999999999");
  assert.equal(unknown.code, 1);
  assert.match(unknown.output, /^not cancelled: unknown_order: .* \(11030202\)$/m);
  assert.match(unknown.errors, /^The account never had such an order\./);
  const offLot = await countermand("place buy 00700 150 --price 400");
  assert.equal(offLot.code, 1);
  assert.match(offLot.errors, /^countermand: Oddlot Order Qty Range Between 0 and 100: /);
  assert.equal((await countermand("order 99999999999")).code, 1);
});

test("cli: an order that ended at once is told as that", async (t) => {
  const { countermand } = await setUp(t);
  const placed = await countermand("place buy 00700 100");
  const orderNo = placed.output.trim();
  assert.match(orderNo, /^[0-9]{11}$/);
  assert.equal(placed.errors, `${orderNo} cancelled: no_liquidity, 0 of 100 filled\n`);
});

test("cli: a batch of which a part is done is exit code 5", async (t) => {
  const { countermand } = await setUp(t);
  const orderNo = (await countermand(PLACE)).output.trim();
  const batch = await countermand(`cancel-batch ${orderNo} 99999999999`);
  assert.equal(batch.code, 5);
  assert.match(
    batch.output,
    new RegExp(`^${orderNo} cancelled\\n99999999999 not cancelled: unknown_order`),
  );
});

test("cli: cancel-all shows first, asks, and counts", async (t) => {
  const { countermand } = await setUp(t);
  assert.equal((await countermand("cancel-all --yes")).output, "nothing was open\n");
  for (const reference of ["a1", "a2", "b1"]) {
    await countermand(`place buy 00700 100 --price 400 --reference ${reference}`);
  }
  const preview = await countermand("cancel-all --prefix a --preview");
  assert.match(
    preview.output,
    /^2 of 2 would be cancelled; 0 were already, 0 too late, 0 work on$/m,
  );
  const unasked = await countermand("cancel-all --prefix a");
  assert.equal(unasked.code, 2);
  assert.match(unasked.errors, /Cancel 2 open orders\? Nobody can be asked here: add --yes/);
  assert.match(
    unasked.errors,
    /^ {2}\d{11} {2}open {2}a1\n {2}\d{11} {2}open {2}a2\n2 of 2 would/m,
  );
  const done = await countermand("cancel-all --prefix a --yes");
  assert.deepEqual([done.code, done.output.split("\n").length], [0, 4]);
  assert.match((await countermand("orders --status new")).output, / b1$/m);
  const json = await countermand("--json cancel-all --yes");
  assert.equal((JSON.parse(json.output) as { done: number }).done, 1);
});

test("cli: cancel-all cancels nothing that it has not asked about", async (t) => {
  const asked: string[] = [];
  const url = await serverOf(t, async (request, response) => {
    asked.push(await textOf(request));
    const counts = { matched: 0, done: 0, already: 0, too_late: 0, failed: 0 };
    const data = { outcome: "preview", ...counts, orders: [] };
    response.end(JSON.stringify({ code: 0, data }));
  });
  const countermand = commandLine(t, { COUNTERMAND_URL: url });
  const { code, output } = await countermand("cancel-all");
  assert.deepEqual([code, output], [0, "nothing was open\n"]);
  assert.deepEqual(asked, ['{"preview":1}']);
});

test("cli: the dead-man's switch is armed, shown and released", async (t) => {
  const { countermand } = await setUp(t);
  assert.equal((await countermand("dead-man")).output, "none is armed, none has fired\n");
  const scope = "--scope symbol --value 00700";
  const armed = await countermand(`dead-man arm ${scope} --timeout 600`);
  assert.match(armed.output, /^symbol +00700 +armed +600 s +600 s +no$/m);
  assert.match((await countermand("dead-man")).output, /^symbol +00700 +armed /m);
  const released = await countermand(`dead-man release ${scope}`);
  assert.match(released.output, /released/);
  assert.equal((await countermand("dead-man arm --timeout 2")).code, 2);
});

test("cli: fills and what they moved", async (t) => {
  const { countermand, url } = await setUp(t);
  const second = { COUNTERMAND_API_KEY: "demo-key-2", COUNTERMAND_API_SECRET: "demo-secret-2" };
  const other = commandLine(t, { ...second, COUNTERMAND_URL: url });
  assert.equal((await countermand("executions")).output, "no fills\n");
  const orderNo = (await countermand(PLACE)).output.trim();
  await other("place sell 00700 100 --price 423.83");
  const fills = await countermand(`executions --order ${orderNo}`);
  assert.match(fills.output, new RegExp(`${orderNo} +buy +00700 +100 +423.83 +42383 `));
  const moved = await countermand("transactions --limit 2");
  assert.match(moved.output, / charge .*\n.* buy +00700 +100 +-42383 +HKD /);
});

test("cli: replay compares the sample's books", async (t) => {
  const countermand = commandLine(t, {});
  const sample = join(import.meta.dirname, "..", "golden", "lobster");
  const files = [join(sample, "sample_message.csv"), join(sample, "sample_orderbook.csv")];
  assert.equal((await countermand(["replay", ...files])).code, 0);
  const wrong = [files[0] ?? "", join(sample, "sample_orderbook_wrong.csv")];
  assert.equal((await countermand(["replay", ...wrong])).code, 1);
});

test("cli: a wrong command line is exit code 2, before anything is sent", async (t) => {
  const countermand = commandLine(t, { COUNTERMAND_URL: "http://127.0.0.1:1" });
  const wrong = [
    "place hold 00700 100",
    "place buy 00700 1e5 --price 1",
    "cancel",
    "cancel 12",
    `cancel-batch${" 22000000001".repeat(6)}`,
    "orders --pirce 1",
    "fly",
    "orders --profile nowhere",
    "orders --url localhost:8080",
    "sign POST /trade/v1/orders --body @missing",
    "blocks --token-file missing",
    "instruments change 00700 --halt --resume --reason x",
    "kill --gateway --reason x --yes --url http://127.0.0.1:1",
  ];
  for (const line of wrong) {
    const { code, errors } = await countermand(line);
    assert.equal(code, 2, `${line}: ${errors}`);
    assert.notEqual(errors, "");
  }
  assert.match((await countermand("plase buy")).errors, /Did you mean place\?/);
});

test("cli: a wrong command line is told in a sentence, and where to read on", async (t) => {
  const countermand = commandLine(t, { COUNTERMAND_URL: "http://127.0.0.1:1" });
  const side = "'hold' cannot be the side. Allowed choices are buy, sell.";
  const told = [
    ["fly", "unknown command 'fly'", ""],
    ["place", "missing required argument 'side'", " place"],
    ["place hold 00700 100", side, " place"],
    ["orders --limit 0", "option '--limit <n>' cannot be '0'. Write a", " orders"],
    ["kill --gateway", "required option '--reason <text>' not specified", " kill"],
    ["--profile x keys show", "keys has no show, but list, create, ", " keys"],
    ["instruments halt AAPL", "instruments has no halt, but list, ", " instruments"],
    ["accounts list --all", "unknown option '--all'", " accounts list"],
  ] as const;
  for (const [line, problem, command] of told) {
    const { code, errors } = await countermand(line);
    assert.equal(code, 2);
    assert.ok(errors.startsWith(`countermand: ${problem}`), errors);
    assert.ok(errors.endsWith(`\nSee: countermand${command} --help\n`), errors);
  }
  assert.match((await countermand("help keys")).output, /^Usage: countermand keys /);
  assert.match((await countermand("keys help list")).output, /countermand keys list /);
});

test("cli: a key that is not taken says where keys are kept, and doctor whose it was", async (t) => {
  const { url } = await setUp(t);
  const environment = { COUNTERMAND_API_KEY: "demo-key", COUNTERMAND_API_SECRET: "another" };
  const countermand = commandLine(t, { ...environment, COUNTERMAND_URL: url });
  const refused = await countermand("orders");
  assert.equal(refused.code, 1);
  assert.match(refused.errors, /\(10010008\)\nThe key has ended, .*: countermand profiles\n/);
  const doctor = await countermand("doctor");
  assert.equal(doctor.code, 1);
  assert.ok(doctor.errors.endsWith(`Asked: ${url}, key demo-key\n`), doctor.errors);
});

test("cli: a symbol that nobody trades has no price, not one of 0", async (t) => {
  const { countermand } = await setUp(t);
  const { output } = await countermand("symbols");
  assert.match(output, /^00700 +TENCENT +hkex +none +none +none +100 +0.01$/m);
});

test("cli: the market shows the book, trades and candles that orders made", async (t) => {
  const { countermand, url } = await setUp(t);
  assert.equal((await countermand("depth 00700")).output, "nobody bids or asks\n");
  assert.equal((await countermand("trades 00700")).output, "no trades\n");
  assert.equal((await countermand("candles 00700 --interval 1h")).output, "no trades\n");
  await countermand("place buy 00700 100 --price 400");
  await countermand("place buy 00700 300 --price 399");
  await countermand("place sell 00700 200 --price 410");
  const { output: book } = await countermand("depth 00700");
  const rows = book.trimEnd().split("\n");
  assert.match(rows[0] ?? "", /^ORDERS +QTY +BID +ASK +QTY +ORDERS$/);
  assert.match(rows[1] ?? "", /^ +1 +100 +400 +410 +200 +1$/);
  assert.match(rows[2] ?? "", /^ +1 +300 +399$/);
  const { output: best } = await countermand("depth 00700 --levels 1 --json");
  assert.deepEqual(JSON.parse(best).bids, [["400", "100", 1]]);
  const buyer = { COUNTERMAND_API_KEY: "demo-key-2", COUNTERMAND_API_SECRET: "demo-secret-2" };
  const other = commandLine(t, { COUNTERMAND_URL: url, ...buyer });
  await other("place buy 00700 200 --price 410");
  assert.match((await countermand("trades 00700")).output, / 410 +200 +buy +[0-9]+\n$/);
  const { output: candle } = await countermand("candles 00700 --interval 1d --json");
  assert.deepEqual(
    Object.values(JSON.parse(candle)).slice(1, 6),
    Array(4).fill("410").concat("200"),
  );
  assert.equal((await countermand("trades NOPE")).code, 1);
});

test("cli: faults are armed, listed with what they did, and disarmed", async (t) => {
  const { countermand } = await setUp(t);
  assert.equal((await countermand("faults")).output, "none is armed\n");
  const armed = await countermand("faults arm rejected_order --delay 0ms --count 2 --json");
  const { id, fault, delay_ms, count } = JSON.parse(armed.output);
  assert.deepEqual([id, fault, delay_ms, count], [1, "rejected_order", 0, 2]);
  await countermand("place buy 00700 100 --price 400");
  assert.match((await countermand("faults list")).output, /rejected_order +0 ms +1 of 2/);
  assert.equal((await countermand("faults clear")).output, "1 disarmed\n");
  assert.equal((await countermand("faults clear")).output, "none was armed\n");
  for (const line of ["faults arm no_such_fault", "faults arm lost_answer --delay 5"]) {
    assert.equal((await countermand(line)).code, 2, line);
  }
  const { code, errors } = await countermand("faults arm lost_answer --delay 5s");
  assert.equal(code, 1, errors);
  assert.match((await countermand("faults arm --help")).output, /lost_answer +it is done, and not/);
});

test("cli: the exchange's clock is shown, set on, and stands still", async (t) => {
  const { countermand } = await setUp(t);
  const shown = await countermand("clock");
  assert.match(shown.output, /runs +with real time\nrules +reference\n\nMARKET +LOCAL TIME/);
  const before = JSON.parse((await countermand("clock --json")).output);
  const set = await countermand("clock set --advance 2h --speed 0 --json");
  const after = JSON.parse(set.output);
  assert.ok(after.timestamp >= before.timestamp + 7_200_000, set.output);
  assert.deepEqual([after.speed, after.follows_real_time], [0, false]);
  assert.match((await countermand("clock set --to 2090-01-01")).output, /time +2090-01-01 00:0/);
  assert.match((await countermand("clock")).output, /runs +stands still/);
  assert.match((await countermand("clock set --step crypto")).errors, /No Boundary/);
  assert.match((await countermand("clock set --speed 1")).output, /runs +as fast as real time/);
  const wrong = ["clock set", "clock set --step --advance 1h", "clock set --advance 5"];
  for (const line of wrong) assert.equal((await countermand(line)).code, 2, line);
  const { code, errors } = await countermand("clock set --to 2020-01-01");
  assert.equal(code, 1, errors);
});

test("cli: a lost answer is asked for again, and a venue's silence said", async (t) => {
  const { countermand } = await setUp(t);
  // Recipe quantities: the answer is lost; the venue takes half a second to cancel.
  const place = (lots: string) => {
    return countermand(`place buy 00700 ${lots}00 --price 400`);
  };
  const lost = await place("1311");
  assert.match(lost.errors, /^countermand: the connection was closed before the answer; trying /);
  assert.match(lost.output, /^[0-9]{11}\n$/);
  assert.equal((await countermand(`cancel ${lost.output.trim()}`)).code, 0);
  const orderNo = (await place("1305")).output.trim();
  const pending = await countermand(`cancel ${orderNo}`);
  assert.match(pending.output, /^[0-9]+ cancel pending: /);
  assert.match(pending.errors, /^The venue has not answered yet\. .* --wait\n$/);
  const ended = await countermand(`cancel ${orderNo} --wait`);
  assert.deepEqual([ended.code, ended.output], [0, `${orderNo} cancelled\n`]);
});

test("cli: orders are listed by the words that the list shows, and by the gateway's", async (t) => {
  const { countermand } = await setUp(t);
  const orderNo = (await countermand(PLACE)).output.trim();
  const market = ["place", "buy", "BTC-USDT", "0.01", "--market", "crypto"];
  await countermand(market);
  for (const status of ["open", "new"]) {
    assert.match((await countermand(`orders --status ${status}`)).output, new RegExp(orderNo));
  }
  const cancelled = (await countermand("orders --status cancelled")).output;
  assert.match(cancelled, /^[0-9]+ +cancelled +buy +BTC-USDT +market +0.01 +0 +0$/m);
  assert.equal((await countermand("orders --status partly-filled")).output, "no orders\n");
  const wrong = await countermand("orders --status gone");
  assert.equal(wrong.code, 2);
  assert.match(wrong.errors, /Allowed are open, partly-filled, filled, cancelled, rejected\./);
  const shown = (await countermand(`order ${orderNo}`)).output;
  assert.match(shown, /^filled +nothing$/m);
});

test("cli: a gateway that is not there is exit code 4, with advice", async (t) => {
  const countermand = commandLine(t, {
    COUNTERMAND_OPERATOR_URL: await goneUrl(),
    COUNTERMAND_OPERATOR_TOKEN: "token",
    COUNTERMAND_OPERATOR: "kim",
  });
  const killed = await countermand("kill --gateway --reason x --yes");
  assert.equal(killed.code, 4);
  assert.match(killed.errors, /^countermand: no answer from http.*ECONNREFUSED.*; trying again/);
  assert.match(killed.errors, /no answer to POST \/operator\/v1\/kill .*connect ECONNREFUSED/);
  assert.match(killed.errors, /Is the gateway running/);
});

test("cli: what it waits for is said at once", async () => {
  const stopping = new AbortController();
  const errors = new PassThrough();
  let told = "";
  errors.on("data", (chunk: unknown) => {
    told += String(chunk);
    stopping.abort();
  });
  const code = await run(wordsOf(PLACE), {
    input: Readable.from([]),
    output: new PassThrough(),
    errors,
    environment: { COUNTERMAND_URL: await goneUrl(), XDG_CONFIG_HOME: tmpdir() },
    stopped: stopping.signal,
  });
  assert.equal(code, 130);
  assert.match(told, /^countermand: connect ECONNREFUSED 127.*; trying again for some seconds\n$/);
});

test("cli: a certificate that is not trusted is no unknown outcome", async (t) => {
  const server = createTlsServer({ ...selfSigned() }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const countermand = commandLine(t, {
    COUNTERMAND_URL: url,
    COUNTERMAND_OPERATOR_URL: url,
    COUNTERMAND_OPERATOR_TOKEN: "token",
    COUNTERMAND_OPERATOR: "kim",
  });
  for (const line of [PLACE, "kill --gateway --reason x --yes"]) {
    const { code, errors } = await countermand(line);
    assert.equal(code, 4, errors);
    assert.match(errors, /^countermand: POST .* was not sent, because .*NODE_EXTRA_CA_CERTS/);
  }
});

test("cli: stopped, it says whether something may have been done", async (t) => {
  let stopping = new AbortController();
  const url = await serverOf(t, () => stopping.abort());
  const countermand = commandLine(t, { COUNTERMAND_URL: url });
  const read = await countermand("orders", "", stopping.signal);
  assert.deepEqual([read.code, read.errors], [130, ""]);
  stopping = new AbortController();
  const placed = await countermand(PLACE, "", stopping.signal);
  assert.equal(placed.code, 3);
  assert.match(placed.errors, /outcome unknown after 1 attempt of POST \/trade\/v1\/orders/);
});

test("cli: as many fills as were asked for, page after page", async (t) => {
  const url = await serverOf(t, ({ url: path = "" }, response) => {
    const query = new URL(path, "http://x").searchParams;
    const [page, size] = [query.get("page_index"), query.get("page_size")].map(Number);
    const begin = ((page ?? 1) - 1) * (size ?? 1);
    const end = Math.min(230, begin + (size ?? 1));
    const executions = Array.from({ length: end - begin }, (_, index) => {
      return { exec_id: String(begin + index) };
    });
    response.end(JSON.stringify({ code: 0, data: { total_records: 230, executions } }));
  });
  const countermand = commandLine(t, { COUNTERMAND_URL: url });
  for (const [limit, count] of [
    ["7", 7],
    ["150", 150],
    ["999", 230],
  ] as const) {
    const { output } = await countermand(`--json executions --limit ${limit}`);
    assert.equal(output.trim().split("\n").length, count);
  }
});

test("cli: doctor of a gateway that is not there says so", async (t) => {
  const countermand = commandLine(t, { COUNTERMAND_URL: await goneUrl() });
  const { code, output, errors } = await countermand("doctor");
  assert.equal(code, 1);
  assert.match(output, /^FAIL {2}gateway: .*ECONNREFUSED .*\. Is it running, and is that its add/m);
  assert.match(errors, /Each line marked FAIL says what/);
  const noPort = await commandLine(t, { COUNTERMAND_URL: "http://127.0.0.1:1" })("doctor");
  assert.match(noPort.output, /^FAIL {2}gateway: .*use another one/m);
  assert.doesNotMatch(noPort.output, /Is it running/, "what to do is said");
});

test("cli: amend, balance, positions, and JSON for scripts", async (t) => {
  const { countermand } = await setUp(t);
  const orderNo = (await countermand(PLACE)).output.trim();
  const amended = await countermand(`--json amend ${orderNo} --price 420.5 --if-version 1`);
  const order = JSON.parse(amended.output) as { price: string; version: number };
  assert.deepEqual([order.price, order.version], ["420.5", 2]);
  assert.match((await countermand("balance")).output, /^HKD +100000000 /m);
  assert.match((await countermand("positions")).output, /^00700 +TENCENT /m);
  const failed = await countermand(`--json amend ${orderNo} --price 421 --if-version 1`);
  assert.equal(
    (JSON.parse(failed.output) as { failure: { reason: string } }).failure.reason,
    "version_changed",
  );
});

test("cli: watch tells what happens, from a position on", async (t) => {
  const { countermand } = await setUp(t);
  const orderNo = (await countermand(PLACE)).output.trim();
  await countermand(`cancel ${orderNo}`);
  const watched = await countermand("watch --from 0 --count 2");
  const lines = watched.output.trim().split("\n");
  assert.match(lines[0] ?? "", new RegExp(`^1 .*${orderNo} +buy 100 00700 @ 423.83 +open$`));
  assert.match(lines[1] ?? "", / cancelled$/);
  const [, end = ""] = /^go on with --from (2@\w+)$/m.exec(watched.errors) ?? [];
  await countermand(PLACE);
  const resumed = await countermand(`watch --from ${end} --count 1`);
  assert.match(resumed.output, /^3 .* open$/m);
});

test("cli: doctor finds a healthy gateway healthy", async (t) => {
  const { countermand } = await setUp(t);
  const { code, output } = await countermand("doctor");
  assert.equal(code, 0, output);
  assert.deepEqual(output.match(/^ok/gm)?.length, 6);
  const { version } = JSON.parse(readFileSync("packages/gateway/package.json", "utf8"));
  assert.equal(/^ok {4}gateway: .*, version (.*)$/m.exec(output)?.[1], version);
  assert.match(
    output,
    /^ok {4}clock: this machine is \d+ ms .* the gateway, give or take \d+ ms$/m,
  );
});

test("cli: sign makes the published vector", async (t) => {
  const countermand = commandLine(t, {});
  const body = '{"order_no":"22000000022","reference_id":""}';
  const args = [
    "sign",
    "DELETE",
    "/trade/v1/orders",
    "--timestamp",
    "1746774142003",
    "--body",
    body,
  ];
  const { output } = await countermand(args);
  assert.match(output, /^X-API-Signature: 8Kcb7kOKQ1WSnea4VEvBwtIJQE\+nLwFstzHtvktTiF0=$/m);
});

test("cli: profiles keep secrets in one file that only the owner may read", async (t) => {
  const { url } = await setUp(t);
  const folder = temporaryFolder(t);
  const path = join(folder, "profiles.json");
  const countermand = commandLine(t, { COUNTERMAND_PROFILES: path });
  const added = await countermand(
    ["profiles", "add", "second", url, "demo-key-2"],
    "demo-secret-2\n",
  );
  assert.equal(added.code, 0, added.errors);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  const listed = await countermand("profiles");
  assert.match(listed.output, /second +http:.* +demo-key-2/);
  assert.ok(!listed.output.includes("demo-secret"));
  const order = await countermand(`--profile second --json ${PLACE}`);
  assert.equal((JSON.parse(order.output) as { account_code: string }).account_code, "80114139");
  writeFileSync(path, readFileSync(path), { mode: 0o644 });
  spawnSync("chmod", ["644", path]);
  const open = await countermand("--profile second orders");
  assert.equal(open.code, 2);
  assert.match(open.errors, /others may read it: chmod 600/);
});

test("cli: completion names every command", async (t) => {
  const countermand = commandLine(t, {});
  for (const shell of ["bash", "zsh", "fish"]) {
    const { code, output } = await countermand(`completion ${shell}`);
    assert.equal(code, 0);
    for (const name of COMMANDS)
      assert.match(output, new RegExp(`[" ]${name}[" ]|-a ${name}$`, "m"));
  }
  const script = (await countermand("completion bash")).output;
  const expected: readonly (readonly [line: string, words: RegExp])[] = [
    ["countermand can", /^cancel cancel-batch cancel-all candles$/],
    ["countermand --profile live can", /^cancel cancel-batch cancel-all candles$/],
    ["countermand orders --symbol 00700 --j", /^--json$/],
    ["countermand place ", /^buy sell --market /],
    ["countermand keys rotate k1 --over", /^--overlap$/],
  ];
  // One shell for all: to start one from this process takes longer than all that it does.
  const asked = expected.map(([line]) => {
    const count = line.split(" ").length - 1;
    const words = `COMP_WORDS=(${line}); COMP_WORDS[${count}]+=; COMP_CWORD=${count}; COMPREPLY=()`;
    return `${words}; _countermand; echo "\${COMPREPLY[@]}"`;
  });
  const bash = spawnSync("bash", ["-c", [script, ...asked].join("\n")], { encoding: "utf8" });
  const completed = bash.stdout.trimEnd().split("\n");
  assert.equal(completed.length, expected.length, bash.stderr);
  for (const [index, [line, words]] of expected.entries()) {
    assert.match(completed[index]?.trim() ?? "", words, line);
  }
});

// The command line as an operator uses it.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { temporaryFolder } from "../../packages/gateway/src/sys/temporary-folder-fixture.ts";
import { page } from "../docs/pages.ts";
import { runCommand, wordsOf } from "./command-line.ts";
import { OPERATOR_TOKEN } from "./operator-client.ts";
import { OperatorPlace, refusal } from "./operator-place.ts";
import { BUY } from "./wire-orders.ts";

const MASTER_KEY = Buffer.alloc(32, 7).toString("base64");

/** Runs commands of the operator `kim`, whose token is in a file. */
async function operatorOf(t: TestContext, settings: Readonly<Record<string, string>> = {}) {
  const place = new OperatorPlace(t, settings);
  await place.start();
  const folder = temporaryFolder(t);
  const tokenFile = join(folder, "token");
  writeFileSync(tokenFile, `${OPERATOR_TOKEN}\n`, { mode: 0o600 });
  const environment = {
    COUNTERMAND_OPERATOR_URL: place.operatorUrl,
    COUNTERMAND_OPERATOR_TOKEN_FILE: tokenFile,
    COUNTERMAND_OPERATOR: "kim",
  };
  return { place, operate: (line: string) => runCommand(wordsOf(line), { environment }) };
}

test("cli operating: a token that is not the gateway's says where to look", async (t) => {
  const { place } = await operatorOf(t);
  const environment = {
    COUNTERMAND_OPERATOR_URL: place.operatorUrl,
    COUNTERMAND_OPERATOR_TOKEN: "x".repeat(64),
    COUNTERMAND_OPERATOR: "kim",
  };
  const { code, errors } = await runCommand(["blocks"], { environment });
  assert.equal(code, 1);
  assert.match(errors, /Token Verification Failed .*\n.*--token-file names where it is kept/);
  assert.doesNotMatch(errors, /explain/);
  const clients = { ...environment, COUNTERMAND_OPERATOR_URL: place.url };
  const lost = await runCommand(["blocks"], { environment: clients });
  assert.match(lost.errors, /\(11030059\)\nClients and operators have addresses of their own/);
});

test("cli operating: kill asks, blocks, cancels; release ends it", async (t) => {
  const { operate, place } = await operatorOf(t);
  const client = place.client();
  await client.call("POST", "/trade/v1/orders", BUY);
  const kill = "kill --account 80114138 --reason runaway";
  const unasked = await operate(kill);
  assert.equal(unasked.code, 2);
  assert.match(unasked.errors, /account 80114138\? Nobody can be asked here: add --yes/);
  const killed = await operate(`${kill} --yes`);
  assert.equal(killed.code, 0, killed.errors);
  assert.match(killed.output, /^block id +1$/m);
  assert.match(killed.errors, /countermand blocks\n.*countermand release 1 --reason TEXT\n$/);
  assert.equal(await refusal(client, BUY), "blocked");
  assert.match(
    (await operate("blocks")).output,
    /^ +1 +active +account 80114138 +20.* by kim: runaway /m,
  );
  const blocks = await operate("--json blocks");
  assert.match(blocks.output, /"at":\d+,/);
  assert.ok(blocks.output.includes('"operator":"kim"'), blocks.output);
  assert.equal((await operate("release 1 --reason mended")).code, 0);
  assert.equal(await refusal(client, BUY), "placed");
});

test("cli operating: a kill without a scope stops nobody", async (t) => {
  const { operate } = await operatorOf(t);
  const { code, errors } = await operate("kill --reason x --yes");
  assert.equal(code, 2);
  assert.match(errors, /name what to stop/);
});

test("cli operating: a market is halted, and its mode shown with who set it", async (t) => {
  const { operate, place } = await operatorOf(t);
  assert.equal((await operate("mode hkex halted --reason news --yes")).code, 0);
  assert.equal(await refusal(place.client(), BUY), "market_halted");
  assert.match((await operate("modes")).output, /^hkex +halted .* by kim: news +halted$/m);
  assert.equal((await operate("mode hkex gone --reason x --yes")).code, 2);
});

test("cli operating: accounts are opened, credited, listed and closed", async (t) => {
  const { operate } = await operatorOf(t);
  const opened = await operate("accounts open B-7 --reason new --cash HKD=1000.50");
  assert.equal(opened.code, 0, opened.errors);
  const adjusted = await operate("--json accounts adjust B-7 --cash HKD=-0.25 --reason fee");
  assert.match(adjusted.output, /"total":"1000.25"/);
  assert.match((await operate("accounts")).output, /B-7/);
  const full = await operate("accounts close B-7 --reason gone --yes");
  assert.equal(full.code, 1);
  assert.match(full.errors, /11031264\)\nWith --cancel-orders and --withdraw /);
  const closed = await operate("accounts close B-7 --reason gone --withdraw --yes");
  assert.equal(closed.code, 0, closed.errors);
});

test("cli operating: an account's orders are listed, open ones unless others are asked for", async (t) => {
  const { operate, place } = await operatorOf(t);
  const client = place.client();
  assert.equal((await operate("accounts orders 80114138")).output, "no orders\n");
  const open = await client.place({ ...BUY, price: 1, reference_id: "mine" });
  const over = await client.place({ ...BUY, price: 1, portfolio_id: "p1" });
  await client.call("DELETE", "/trade/v1/orders", { order_no: over });
  const listed = await operate("accounts orders 80114138");
  assert.match(
    listed.output,
    /^ORDER .* REFERENCE +KEY\n\d+ +open +buy +00700 .* mine +demo-key\n$/,
  );
  const cases: readonly (readonly [options: string, expected: readonly string[]])[] = [
    ["", [open]],
    ["--state all", [over, open]],
    ["--status cancelled", [over]],
    ["--reference mine --market hkex --symbol 00700 --side buy", [open]],
    ["--state all --portfolio p1", [over]],
    ["--state all --until 2025-01-01", []],
    ["--from 2025-01-01T00:00Z --until 2100-01-01", [open]],
  ];
  for (const [options, expected] of cases) {
    const { output } = await operate(`--json accounts orders 80114138 ${options}`);
    const rows = output.split("\n").filter((line) => line !== "");
    const numbers = rows.map((line) => (JSON.parse(line) as { order_no: string }).order_no);
    assert.deepEqual(numbers, expected, options);
  }
  const first = await operate("accounts orders 80114138 --state all --limit 1");
  assert.match(first.output, new RegExp(`^ORDER .*\n${over} `));
  assert.equal(first.errors, "1 of 2: see --limit\n");
  const unknown = await operate("accounts orders B-7");
  assert.deepEqual([unknown.code, /Unknown|no account/i.test(unknown.errors)], [1, true]);
  for (const wrong of ["--state live", "--from noon", "--limit 0"]) {
    assert.equal((await operate(`accounts orders 80114138 ${wrong}`)).code, 2, wrong);
  }
});

test("cli operating: an instrument is halted, and listed", async (t) => {
  const { operate, place } = await operatorOf(t);
  assert.equal((await operate("instruments change 00700 --halt --reason news")).code, 0);
  assert.equal(await refusal(place.client(), BUY), "instrument_halted");
  assert.match((await operate("instruments")).output, /00700/);
});

test("cli operating: a change that cancels orders of others asks first", async (t) => {
  const { operate } = await operatorOf(t);
  const unasked = await operate("instruments change 00700 --tick 0.05 --resting cancel --reason x");
  assert.equal(unasked.code, 2);
  assert.match(unasked.errors, /cancel the open orders that do not fit\? Nobody can be asked here/);
});

test("cli operating: limits of an account are set, shown and cleared", async (t) => {
  const { operate, place } = await operatorOf(t);
  const set = "limits set account 80114138 --reason risk";
  const none = await operate(set);
  assert.deepEqual([none.code, /limits clear/.test(none.errors)], [2, true]);
  const wrong = await operate(`${set} --order-value-max HKD:100,*:off`);
  assert.match(wrong.errors, /order_value_max must be/);
  const done = await operate(`${set} --order-value-max HKD:100,*:9 --duplicate-ms 50`);
  assert.equal(done.code, 0, done.errors);
  assert.equal(await refusal(place.client(), BUY), "order_value_limit");
  assert.match((await operate("limits")).output, /^duplicate_ms +50 +operator$/m);
  assert.match((await operate("limits show account 80114138")).output, /kim/);
  assert.equal((await operate("limits clear account 80114138 --reason over")).code, 0);
  assert.equal(await refusal(place.client(), BUY), "placed");
  assert.equal((await operate("limits")).output, "none\n");
});

test("cli operating: one limit is changed and the others stay, unless somebody was faster", async (t) => {
  const { operate } = await operatorOf(t);
  const whose = "account 80114138 --reason risk";
  await operate(`limits set ${whose} --open-orders-max 7 --order-value-max HKD:500,*:90`);
  const shown = await operate("limits show account 80114138 --json");
  const { version } = JSON.parse(shown.output) as { version: string };
  const changed = await operate(`limits change ${whose} --duplicate-ms 50 --open-orders-max off`);
  assert.match(changed.output, /^open_orders_max +off +operator$/m);
  assert.match(changed.output, /^order_value_max +HKD 500, \* 90 +operator$/m);
  assert.match(changed.output, /^duplicate_ms +50 +operator$/m);
  for (const line of ["change --duplicate-ms 60", "set --duplicate-ms 60", "clear"]) {
    const [verb = "", ...rest] = line.split(" ");
    const late = await operate(
      `limits ${[verb, whose, ...rest].join(" ")} --if-version ${version}`,
    );
    assert.equal(late.code, 1, line);
    assert.match(late.errors, /kim set them: .*Read them again/);
  }
  const back = "--duplicate-ms settings --open-orders-max settings --order-value-max settings";
  assert.equal((await operate(`limits change ${whose} ${back}`)).code, 0);
  assert.equal((await operate("limits")).output, "none\n", "none of its own is left");
});

test("cli operating: a key is made, used, rotated and revoked", async (t) => {
  const { operate, place } = await operatorOf(t, { COUNTERMAND_MASTER_KEY: MASTER_KEY });
  const made = await operate(
    '--json keys create --account 80114138 --permission trade --reason "desk 7"',
  );
  assert.equal(made.code, 0, made.errors);
  const { api_key, secret } = JSON.parse(made.output) as { api_key: string; secret: string };
  const key = { apiKey: api_key, secret, account: "80114138" };
  assert.equal(await refusal(place.client(key), BUY), "placed");
  const listed = await operate("keys");
  assert.ok(listed.output.includes(api_key) && !listed.output.includes(secret), listed.output);
  const rotated = await operate(`--json keys rotate ${api_key} --reason monthly`);
  const next = JSON.parse(rotated.output) as { secret: string };
  assert.equal(await refusal(place.client(key), BUY), "signature_invalid");
  assert.equal(await refusal(place.client({ ...key, secret: next.secret }), BUY), "placed");
  const revoke = `keys revoke ${api_key} --reason gone`;
  const unasked = await operate(revoke);
  assert.equal(unasked.code, 2);
  assert.equal((await operate(`${revoke} --yes`)).code, 0);
  const gone = place.client({ ...key, secret: next.secret });
  assert.equal(await refusal(gone, BUY), "signature_invalid");
});

test("cli operating: a wrong token, and none", async (t) => {
  const { place } = await operatorOf(t);
  const there = { COUNTERMAND_OPERATOR_URL: place.operatorUrl, COUNTERMAND_OPERATOR: "kim" };
  const wrong = await runCommand(["modes"], {
    environment: { ...there, COUNTERMAND_OPERATOR_TOKEN: "x".repeat(32) },
  });
  assert.equal(wrong.code, 1);
  const none = await runCommand(["modes"], { environment: there });
  assert.equal(none.code, 2);
  assert.match(none.errors, /--token-file/);
});

test("cli operating: doctor without a client's key checks what operators have", async (t) => {
  const place = new OperatorPlace(t, { COUNTERMAND_SANDBOX_KEYS: "random" });
  await place.start();
  const environment = {
    COUNTERMAND_URL: place.url,
    COUNTERMAND_OPERATOR_URL: place.operatorUrl,
    COUNTERMAND_OPERATOR_TOKEN: OPERATOR_TOKEN,
    COUNTERMAND_OPERATOR: "kim",
  };
  const doctor = () => runCommand(["doctor"], { environment });
  const well = await doctor();
  // The gateway's clock is the test's, and may be anywhere.
  assert.doesNotMatch(well.output, /^FAIL {2}(?!clock)/m);
  assert.match(well.output, /^ok +operators: token accepted; blocks: 0; markets not open: none$/m);
  assert.match(well.output, /^ok +key: none chosen: --profile NAME/m);
  await runCommand(wordsOf("mode hkex halted --reason news --yes"), { environment });
  assert.match((await doctor()).output, /; markets not open: hkex halted$/m);
  const clients = await runCommand(["doctor"], { environment: { COUNTERMAND_URL: place.url } });
  assert.equal(clients.code, 1);
  assert.match(clients.output, /^FAIL +key: none chosen: --profile NAME/m);
  assert.doesNotMatch(clients.output, /stream|operators/);
});

test("cli operating: what is left out is asked for in the words of the command line", async (t) => {
  const { operate } = await operatorOf(t);
  const empty = temporaryFolder(t);
  const add = "instruments add NVDA --name x --market usex --currency USD --reason x";
  assert.match((await operate(add)).errors, /'--tick <decimal>'/);
  const both = await operate("accounts open B-9 --cash HKD=1,USD=2 --reason x");
  assert.match(both.errors, /HKD=1000\.50, and the option again for each other: not HKD=1,USD=2/);
  const key = await operate("keys create --account B-9 --permission read --reason x");
  assert.match(key.errors, /there is no account B-9/);
  const audit = await operate(`audit 22000000001 --data-dir ${empty}`);
  assert.match(audit.errors, /--data-dir, or ask .* --operator-url/);
});

test("cli operating: an order's story from the gateway is the one in its journal", async (t) => {
  const { operate, place } = await operatorOf(t);
  const client = place.client();
  const order = await client.place({ ...BUY, price: 400.1, reference_id: "mine" });
  await client.call("POST", "/trade/v1/orders/cancel", { order_no: order, version: 3 });
  await client.call("POST", "/trade/v1/orders/cancel", { order_no: order });
  for (const sought of [order, "--reference mine --account 80114138"]) {
    for (const form of ["", "--json"]) {
      const audit = `audit ${sought} ${form}`;
      const online = await operate(`${audit} --operator-url ${place.operatorUrl}`);
      const offline = await operate(`${audit} --data-dir ${place.folder}`);
      assert.equal(online.code, 0, online.errors);
      assert.equal(online.output, offline.output);
      assert.equal(online.output.split("\n").length, form === "" ? 10 : 4);
    }
  }
  const unknown = await operate(`audit 22999999999 --operator-url ${place.operatorUrl}`);
  assert.equal(unknown.code, 1);
  const both = `--operator-url ${place.operatorUrl} --data-dir ${place.folder}`;
  assert.equal((await operate(`audit ${order} ${both}`)).code, 2);
});

test("cli operating: the first account and key, as the page of installing has them", async (t) => {
  const { operate, place } = await operatorOf(t, { COUNTERMAND_MASTER_KEY: MASTER_KEY });
  const text = page("docs/operating/install.md").split("## The first account and key")[1] ?? "";
  const lines = [...(text.split("\n## ")[0] ?? "").matchAll(/^npx countermand (.*?)( # .*)?$/gm)];
  const [open = "", create = "", add = "", doctor = "", buy = ""] = lines.map(
    ([, line = ""]) => line,
  );
  assert.equal((await operate(open)).code, 0);
  const made = (await operate(create)).output;
  const [apiKey, secret] = ["api key", "secret"].map((name) => {
    return new RegExp(`^${name} +(\\S+)$`, "m").exec(made)?.[1] ?? "";
  });
  const home = temporaryFolder(t);
  const environment = { COUNTERMAND_PROFILES: join(home, "profiles.json") };
  const here = add.replace("https://orders.example", place.url).replace("API_KEY", apiKey ?? "");
  const added = await runCommand(wordsOf(here), { environment, input: `${secret}\n` });
  assert.equal(added.code, 0, added.errors);
  assert.equal(doctor, "--profile desk7 doctor");
  const bought = await runCommand(wordsOf(buy), { environment });
  assert.equal(bought.code, 0, bought.errors);
});

// The operators' console in a real Chromium: sign in, halt, kill with a typed name, watch the
// cancels, release; what a trader sees of it; and an answer that does not come.
import assert from "node:assert/strict";
import { after, type TestContext, test } from "node:test";
import type { Page } from "playwright-core";
import { OperatorClient } from "../e2e/operator-client.ts";
import { OperatorPlace } from "../e2e/operator-place.ts";
import { envelope, KEY_1 } from "../e2e/signed-client.ts";
import { BUY } from "../e2e/wire-orders.ts";
import {
  assertAccessible,
  closeBrowser,
  cutOff,
  newPage,
  openConsole,
  type PageOptions,
} from "./console-page.ts";

after(closeBrowser);

/** Time that goes on: a page has a clock of its own. */
class LivePlace extends OperatorPlace {
  override readonly time = {
    get wallMs() {
      return Date.now();
    },
    get marketMs() {
      return Date.now();
    },
  };
}

async function setUp(t: TestContext, options: PageOptions = {}) {
  const place = new LivePlace(t);
  const operator = await place.start();
  const page = await newPage(t, options);
  await openOperations(page, operator);
  return { place, operator, page };
}

async function openOperations(page: Page, operator: OperatorClient): Promise<void> {
  const { data } = await operator.post("sign-in-codes", {});
  await page.goto(`${operator.url}/console#code=${data.sign_in_code}`);
  await page.waitForSelector('.operations[data-phase="live"]');
}

async function placeOrders(place: OperatorPlace, count: number): Promise<void> {
  const client = place.client();
  for (let n = 0; n < count; n += 1) {
    const answer = envelope(await client.call("POST", "/trade/v1/orders", BUY));
    assert.equal(answer.code, 0, answer.details);
  }
}

async function confirmed(page: Page, phrase: string): Promise<void> {
  await page.fill("#confirm-phrase", phrase);
  await page.click("dialog[open] button.danger");
  await page.waitForSelector("dialog[open]", { state: "detached" });
}

test("operators: a link of somebody else asks first, naming both", async (t) => {
  const { page, operator } = await setUp(t);
  const other = new OperatorClient(operator.url, { "X-Operator": "jo" });
  const { data } = await other.post("sign-in-codes", {});
  await page.goto(`${operator.url}/console#code=${data.sign_in_code}`);
  await page.waitForSelector('h1:has-text("Sign in as operator jo?")');
  await page.waitForSelector("text=You are signed in as operator kim.");
  await page.click('button:has-text("Stay operator kim")');
  await page.waitForSelector("text=Operator kim");
});

test("operators: kill an account by its typed name, watch its cancels, release", async (t) => {
  const { page, place, operator } = await setUp(t);
  await page.waitForSelector("text=Operator kim");
  await placeOrders(place, 3);
  await page.locator("body").press("k");
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), "Account");
  await page.click('.kill button:has-text("Block and cancel")');
  await page.waitForSelector('.kill .fault:has-text("Name the account.")');
  await page.fill("#kill-name", KEY_1.account);
  await page.fill("#kill-reason", "runaway");
  await page.locator("#kill-reason").press("Enter");
  await page.waitForSelector(`dialog[open]:has-text("Stop account ${KEY_1.account}")`);
  const button = page.locator("dialog[open] button.danger");
  await page.fill("#confirm-phrase", "80114139");
  assert.equal(await button.isDisabled(), true);
  await page.locator("#confirm-phrase").press("Enter");
  assert.deepEqual((await operator.get("blocks")).data.blocks, []);
  await confirmed(page, KEY_1.account);
  const block = page.locator('[data-block="1"][data-state="active"]');
  await block.getByText("all done: 3 cancelled").waitFor();
  const bar = await block.locator("progress").evaluate(({ max, value }: HTMLProgressElement) => {
    return { max, value };
  });
  assert.deepEqual(bar, { max: 3, value: 3 });
  assert.match((await block.textContent()) ?? "", /account 80114138.*kim: runaway/);
  await page.click('[data-block="1"] button');
  await page.fill("#confirm-reason", "mended");
  await confirmed(page, "release 1");
  await page.waitForSelector("text=Nothing is blocked.");
  await page.locator("body").press("r");
  await page.waitForSelector('[data-block="1"][data-state="released"]:has-text("kim: mended")');
  const { data } = await operator.get("blocks?state=released");
  assert.deepEqual([data.blocks[0].kill.done, data.blocks[0].released.operator], [3, "kim"]);
});

test("operators: a halt is set with a reason; the trader's page says so while it lasts", async (t) => {
  const { page, place } = await setUp(t);
  const trader = await newPage(t);
  await openConsole(trader, place.gateway.url, KEY_1);
  assert.equal(await trader.isVisible(".banner"), false);
  await page.click('[aria-label="Set hkex to halted"]');
  await page.waitForSelector("dialog[open]:has-text('nothing trades')");
  await page.fill("#confirm-phrase", "hkex");
  assert.equal(await page.isDisabled("dialog[open] button.danger"), true, "without a reason");
  await page.fill("#confirm-reason", "news pending");
  await confirmed(page, "hkex");
  await page.waitForSelector('[data-market="hkex"][data-holds="halted"]:has-text("news pending")');
  await trader.waitForSelector(".banner:has-text('hkex is halted: nothing trades. Cancels work.')");
  assert.ok(!((await trader.textContent("body")) ?? "").includes("news pending"));
  await page.click('[aria-label="Set all to cancel only"]');
  await page.fill("#confirm-reason", "closing");
  await confirmed(page, "all");
  await page.waitForSelector('[data-market="usex"][data-holds="cancel_only"]');
  for (const market of ["hkex", "all"]) {
    await page.click(`[aria-label="Set ${market} to open"]`);
    await page.fill("#confirm-reason", "over");
    await confirmed(page, market);
    await page.waitForSelector(`[data-market="${market}"]:has-text("over")`);
  }
  await trader.waitForSelector(".banner", { state: "hidden" });
});

test("operators: a trader who is blocked reads it, and cancels", async (t) => {
  const { page, place } = await setUp(t);
  await placeOrders(place, 1);
  const trader = await newPage(t);
  await openConsole(trader, place.gateway.url, KEY_1);
  await page.click('.kill button:has-text("API key")');
  await page.fill("#kill-name", KEY_1.apiKey);
  await page.selectOption("#kill-market", "hkex");
  await page.fill("#kill-reason", "secret");
  await page.uncheck("#kill-cancels");
  await page.locator("#kill-reason").press("Enter");
  await confirmed(page, KEY_1.apiKey);
  await page.waitForSelector('[data-block="1"]:has-text("blocks new orders; cancels nothing")');
  await trader.waitForSelector(".banner:has-text('New orders in hkex are blocked since')");
  await trader.click(".rows .row:not(.head) .do button");
  await trader.waitForSelector(".results:has-text('cancel accepted')");
});

test("operators: no answer is said, and the page comes back by itself; a restart signs out", async (t) => {
  const { page, place, operator } = await setUp(t);
  const { port } = new URL(operator.url);
  await place.stop();
  await page.waitForSelector('.operations[data-phase="late"]');
  await page.waitForSelector(".link:has-text('No answer')");
  await page.waitForSelector(".results:has-text('what you see is out of date')");
  await place.start({ COUNTERMAND_OPERATOR_PORT: port });
  await page.waitForSelector("text=The session has ended: the gateway was restarted");
  await page.waitForSelector("text=countermand operator-console");
});

test("operators: on a phone nothing is cut off and all can be read, in light and dark", async (t) => {
  const place = new LivePlace(t);
  const operator = await place.start();
  await placeOrders(place, 1);
  await operator.post("kill", {
    reason: "a long reason ".repeat(20),
    scope: { account: "80114138" },
    cancel_orders: false,
  });
  for (const colorScheme of ["light", "dark"] as const) {
    const page = await newPage(t, { width: 375, height: 700, colorScheme });
    await openOperations(page, operator);
    await page.waitForSelector('[data-block="1"]');
    assert.deepEqual(await cutOff(page), []);
    await assertAccessible(page);
    await page.click('button:has-text("Orders…")');
    // Whoever opens it types at once.
    await page.waitForSelector("#orders-account:focus");
    await page.keyboard.type(KEY_1.account);
    await page.keyboard.press("Enter");
    await page.click("dialog[open] [data-order] button");
    await page.waitForSelector("dialog[open] .timeline li");
    assert.deepEqual(await cutOff(page), []);
    await assertAccessible(page);
    await page.click('dialog[open] button:has-text("Orders")');
    await page.waitForSelector("dialog[open] [data-order]");
    await assertAccessible(page);
    await page.click('dialog[open] [aria-label="Close"]');
    await page.click('[aria-label="Release block 1"]');
    await page.waitForSelector("dialog[open]");
    assert.deepEqual(await cutOff(page), []);
    await assertAccessible(page);
  }
});

test("operators: the orders of an account are shown, and the story of each", async (t) => {
  const { page, place } = await setUp(t);
  await placeOrders(place, 21);
  const client = place.client();
  const over = await client.place({ ...BUY, price: 399, reference_id: "mine" });
  await client.call("DELETE", "/trade/v1/orders", { order_no: over });
  await page.locator("body").press("o");
  await page.waitForSelector("dialog[open]:has-text('Orders of an account')");
  const shown = page.locator("dialog[open] tbody tr");
  await page.fill("#orders-account", ` ${KEY_1.account} `);
  await page.locator("#orders-account").press("Enter");
  await page.waitForSelector("text=21 open orders of 80114138, as of");
  assert.equal(await shown.count(), 20);
  await page.click('dialog[open] button:has-text("Older")');
  await page.waitForSelector("text=page 2 of 2");
  await shown.nth(1).waitFor({ state: "detached" });
  assert.match((await shown.textContent()) ?? "", /open.*buy00700400100.*demo-key$/);
  await page.click('dialog[open] [role="radio"]:has-text("closed")');
  await page.waitForSelector("text=1 closed order of 80114138");
  assert.match((await shown.textContent()) ?? "", /cancelled.*399.*mine/);
  await page.click(`[data-order="${over}"] button`);
  const told = page.locator("dialog[open] .timeline li");
  await told.nth(1).waitFor();
  assert.match((await told.nth(0).textContent()) ?? "", /accepted.*0 of 100 traded/);
  assert.match(
    (await told.nth(1).textContent()) ?? "",
    /cancelled.*by demo-key over http, answered 200/,
  );
  await page.click('dialog[open] button:has-text("Orders")');
  await page.waitForSelector("text=1 closed order of 80114138");
  await page.fill("#orders-account", "nobody");
  await page.click('dialog[open] button:has-text("Show")');
  await page.waitForSelector("dialog[open] [role=alert]:has-text('nobody')");
  assert.equal(await shown.count(), 0);
  await page.locator("#orders-account").press("Escape");
  await page.waitForSelector("dialog[open]", { state: "detached" });
});

test("operators: a phone shows whole rows, and what belongs together on one line", async (t) => {
  const { operator, place } = await setUp(t);
  await placeOrders(place, 21);
  for (const colorScheme of ["light", "dark"] as const) {
    const page = await newPage(t, { width: 390, height: 844, colorScheme });
    await openOperations(page, operator);
    const kinds = await page.locator('[aria-label="What to stop"] button').all();
    const tops = await Promise.all(kinds.map(async (each) => (await each.boundingBox())?.y));
    assert.equal(new Set(tops).size, 1, "API key beside the others");
    await page.click('button:has-text("Orders…")');
    await page.fill("#orders-account", KEY_1.account);
    await page.locator("#orders-account").press("Enter");
    await page.waitForSelector("text=21 open orders of 80114138, as of");
    const beyond = await page.locator("dialog[open] tbody :is(td, th)").evaluateAll((cells) => {
      const right = document.querySelector("dialog[open] .scroll")?.getBoundingClientRect().right;
      return cells.filter((cell) => cell.getBoundingClientRect().right > (right ?? 0) + 0.5).length;
    });
    assert.equal(beyond, 0, "nothing of a row is cut off");
    const [newer, older] = await Promise.all(
      ["Newer", "Older"].map((text) =>
        page.locator(`dialog[open] button:text("${text}")`).boundingBox(),
      ),
    );
    assert.equal(older?.y, newer?.y);
    const gap = await page.locator("#orders-account").evaluate((input) => {
      const text = document.createRange();
      text.selectNode(input.parentElement?.firstChild as Node);
      return input.getBoundingClientRect().left - text.getBoundingClientRect().right;
    });
    assert.ok(gap >= 4, `${gap} px`);
  }
});

test("operators: an act that a restart left without an answer is not said to be refused", async (t) => {
  const { page } = await setUp(t);
  const held = Promise.withResolvers<void>();
  await page.route("**/operator/v1/modes", async (route) => {
    await held.promise;
    // The page may have given it up by then.
    await route.continue().catch(() => undefined);
  });
  let triedCount = 0;
  await page.route("**/operator/v1/kill", (route) => {
    triedCount += 1;
    if (triedCount === 1) return route.abort();
    const body = { code: 10010008, message: "no", details: "", reason: "signed_out" };
    return route.fulfill({ status: 401, json: { ...body, retryable: false } });
  });
  await page.fill("#kill-name", KEY_1.account);
  await page.fill("#kill-reason", "runaway");
  const asked = page.waitForRequest("**/operator/v1/modes");
  await page.locator("#kill-reason").press("Enter");
  await confirmed(page, KEY_1.account);
  const alert = page.getByRole("alert").getByText("It may have been done");
  assert.match((await alert.textContent()) ?? "", /^Stop account 80114138: not answered\./);
  // The answer to a question that was under way signs nobody in again, and hides nothing.
  const request = await asked;
  held.resolve();
  await request.response();
  await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => drawn(null))));
  await alert.waitFor();
});

test("operators: a kill that is done late leaves what is written meanwhile", async (t) => {
  const { page } = await setUp(t);
  let answer = () => {};
  const held = new Promise<void>((resolve) => {
    answer = resolve;
  });
  await page.route("**/operator/v1/kill", (route) => held.then(() => route.continue()));
  await page.fill("#kill-name", KEY_1.account);
  await page.fill("#kill-reason", "runaway");
  await page.locator("#kill-reason").press("Enter");
  await confirmed(page, KEY_1.account);
  await page.fill("#kill-name", "80114139");
  answer();
  await page.waitForSelector("text=Stop account 80114138: done");
  assert.equal(await page.inputValue("#kill-name"), "80114139");
});

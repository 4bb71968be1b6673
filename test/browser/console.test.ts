// The console in a real Chromium, as a trader uses it: sign in, place, see the fill, cancel, lose
// the gateway and have it back. And as an attacker would: from a page of another origin.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, type TestContext, test } from "node:test";
import type { Page } from "playwright-core";
import { startInProcess } from "../e2e/gateway-in-process.ts";
import { Workplace } from "../e2e/gateway-process.ts";
import { envelope, KEY_1, KEY_2, type Key, SignedClient, sign } from "../e2e/signed-client.ts";
import {
  assertAccessible,
  closeBrowser,
  consoleLink,
  cutOff,
  live,
  newPage,
  openConsole,
  place,
  resultLine,
  rows,
  symbolShown,
} from "./console-page.ts";

after(closeBrowser);

async function gateway(t: TestContext): Promise<string> {
  const time = {
    get wallMs() {
      return Date.now();
    },
    get marketMs() {
      return Date.now();
    },
  };
  const { url } = await startInProcess(t, time);
  return url;
}

/** An order of somebody's program. */
async function placeBySignature(
  url: string,
  key: Key,
  side: "buy" | "sell",
  qty: number,
  price: number,
): Promise<string> {
  const client = new SignedClient(url, key);
  const order = { market: "hkex", symbol: "00700", order_type: "limit_order", order_side: side };
  const body = JSON.stringify({ ...order, qty, price });
  const answer = envelope(await client.send(sign(key, "POST", "/trade/v1/orders", body)));
  client.close();
  assert.equal(answer.code, 0, answer.details);
  return (answer.data as { readonly order_no: string }).order_no;
}

test("console: a fresh browser is told how to sign in; a used link signs nobody in", async (t) => {
  const url = await gateway(t);
  const page = await newPage(t);
  await page.goto(`${url}/console`);
  await page.waitForSelector("text=npx countermand console");
  await page.goto(`${url}/console#code=used-or-made-up`);
  await page.waitForSelector("text=This link was used before, or is too old.");
  assert.equal(new URL(page.url()).hash, "");
});

test("console: a link that is opened while the gateway does not answer signs in afterwards", async (t) => {
  const url = await gateway(t);
  const page = await newPage(t);
  let failures = 0;
  await page.route("**/console/v1/session", (route) => {
    failures += 1;
    return failures === 1 ? route.abort() : route.continue();
  });
  await openConsole(page, url, KEY_1);
  assert.ok(failures > 1);
});

test("console: a link of another key asks first, naming both; a no costs nothing", async (t) => {
  const url = await gateway(t);
  const page = await newPage(t);
  await openConsole(page, url, KEY_1);
  const [own, strangers] = [KEY_1, KEY_2].map(named);
  assert.match((await page.textContent(".who")) ?? "", new RegExp(KEY_1.apiKey));
  const other = await page.context().newPage();
  const link = await consoleLink(url, KEY_2);
  await other.goto(link);
  await other.waitForSelector(`h1:has-text("Sign in as ${strangers}?")`);
  await other.waitForSelector(`text=You are signed in as ${own}.`);
  await other.click(`button:has-text("Stay ${own}")`);
  await live(other);
  assert.equal(await other.textContent(".who"), await page.textContent(".who"));
  // The code is as good as before.
  await other.goto(link);
  await other.click(`button:has-text("Sign in as ${strangers}")`);
  await live(other);
  assert.match((await other.textContent(".who")) ?? "", new RegExp(KEY_2.apiKey));
  // The page beside it does not go on in the other's account.
  await page.waitForSelector(`text=Another page of this browser has signed in as ${strangers}.`);
  await openConsole(other, url, KEY_2);
  await other.goto(await consoleLink(url, KEY_1));
  await other.waitForSelector(`text=You are signed in as ${strangers}.`);
  await assertAccessible(other);
});

test("console: a link that another site opens asks first; one opened by hand does not", async (t) => {
  const url = await gateway(t);
  const page = await newPage(t);
  let link = "";
  const site = createServer((_request, response) => {
    response.setHeader("Content-Type", "text/html").end(`<a rel="noreferrer" href="${link}">x</a>`);
  });
  site.listen(0, "127.0.0.1");
  await once(site, "listening");
  t.after(() => site.close());
  const { port } = site.address() as AddressInfo;
  // By its port alone it is another site, and by its name, too.
  for (const host of ["127.0.0.1", "localhost"]) {
    link = await consoleLink(url, KEY_2);
    await page.goto(`http://${host}:${port}/`);
    await page.click("a");
    await page.waitForSelector("text=Another site opened this link");
    await page.click('button:has-text("Do not sign in")');
    await page.waitForSelector("text=The link was not used.");
  }
  await page.goto(link);
  await live(page);
  await page.click('button:has-text("Sign out")');
  await page.waitForSelector("text=You are signed out.");
  await page.goto(await consoleLink(url, KEY_1));
  await page.waitForSelector(`text=you were last signed in as ${named(KEY_2)}.`);
  await page.click(`button:has-text("Sign in as ${named(KEY_1)}")`);
  await live(page);
});

function named({ account, apiKey }: Key): string {
  return `key ${apiKey} of account ${account}`;
}

test("console: sign in, place, see the fill, and its story", async (t) => {
  const url = await gateway(t);
  const page = await newPage(t);
  await openConsole(page, url, KEY_1);
  await symbolShown(page, "00700");
  await page.waitForSelector('.candles:has-text("No trades yet"):not(:has(.chart))');
  await placeBySignature(url, KEY_2, "sell", 200, 400);
  await page.waitForSelector('.level.ask:has-text("400.00")');
  await place(page, { side: "buy", qty: "300", price: "400" });
  const line = await resultLine(page, /placed as/);
  const orderNo = /placed as (\d+)/.exec(line)?.[1] ?? "";
  // The answer may be here before the push that tells of the trade.
  await page.waitForSelector(`#row-${orderNo}:has-text("part filled")`);
  await page.waitForSelector('.candles:has(.chart):not(:has-text("No trades yet"))');
  await placeBySignature(url, KEY_2, "sell", 100, 400);
  await page.click('.blotter .segments button:has-text("closed")');
  await page.waitForSelector(`#row-${orderNo}:has-text("filled")`);
  await page.click(`#row-${orderNo} .order_no button`);
  const story = page.locator(".timeline li");
  await story.nth(2).waitFor();
  const told = await story.allInnerTexts();
  assert.equal(told.length, 3);
  assert.match(told[0] ?? "", /Accepted/);
  assert.match(told[1] ?? "", /Traded[\s\S]*200 at 400\.00 /);
  assert.match(told[2] ?? "", /Traded[\s\S]*100 at 400\.00 /);
  await assertAccessible(page);
  await page.keyboard.press("Escape");
  await page.waitForSelector("dialog[open]", { state: "detached" });
});

test("console: fills and what they moved, page by page; a fill leads to its order", async (t) => {
  const url = await gateway(t);
  const page = await newPage(t);
  await openConsole(page, url, KEY_1);
  await page.locator("body").press("e");
  await page.waitForSelector("dialog[open]:has-text('There are none yet.')");
  await page.keyboard.press("Escape");
  const orderNo = await placeBySignature(url, KEY_1, "buy", 200, 400);
  await placeBySignature(url, KEY_2, "sell", 200, 400);
  await page.click('[aria-label="History: executions and transactions"]');
  const fills = page.locator("dialog[open] tbody tr");
  await fills.nth(0).waitFor();
  assert.match(
    (await fills.allInnerTexts()).join(),
    new RegExp(`${orderNo}\tbuy\t00700\t200\t400\\.00`),
  );
  await page.click('dialog[open] button:has-text("transactions")');
  await page.waitForSelector("dialog[open] tbody tr:has-text('opening')");
  const moved = await fills.allInnerTexts();
  assert.ok(
    moved.some((row) => /\tbuy\tHKD\tout\t-?80,000\t/.test(row)),
    moved.join("; "),
  );
  await page.click('dialog[open] button:has-text("executions")');
  await page.click(`dialog[open] tbody button:has-text("${orderNo}")`);
  await page.waitForSelector(`dialog[open] h2:has-text("Order ${orderNo}")`);
  // Also for a page that was opened when the order was long closed.
  const later = await newPage(t);
  await openConsole(later, url, KEY_1);
  await later.locator("body").press("e");
  await later.click(`dialog[open] tbody button:has-text("${orderNo}")`);
  await later.waitForSelector('dialog[open] .facts:has-text("filled")');
  await later.waitForSelector('dialog[open] .timeline:has-text("200 at 400.00")');
});

test("console: the ticket checks as it is typed, and says what could be bought", async (t) => {
  const url = await gateway(t);
  const page = await newPage(t);
  await openConsole(page, url, KEY_1);
  await symbolShown(page, "00700");
  // At once, as fast as somebody may type: the figure is for the field that the key goes to.
  await page.locator("body").press("s");
  await page.keyboard.type("150");
  assert.match(
    (await page.textContent("#qty-note")) ?? "",
    /not a multiple of the lot 100: 100 or 200/,
  );
  assert.equal(await page.getAttribute("#qty", "aria-invalid"), "true");
  await page.keyboard.press("ArrowUp");
  assert.equal(await page.inputValue("#qty"), "200");
  await page.fill("#price", "423.801");
  assert.match((await page.textContent("#price-note")) ?? "", /tick 0.01: 423.8 or 423.81/);
  await page.click(".ticket .send");
  await page.fill("#price", "423.8");
  await page.click(".sides .buy");
  await page.waitForSelector("text=84,760 HKD before charges");
  await page.waitForSelector("text=you can buy");
  await page.click(".ticket >> text=Preview");
  const told = page.locator(".ticket .preview [role=status]");
  await told.filter({ hasText: "nothing trades at once; 200 rest in the book; 84," }).waitFor();
  await page.fill("#qty", "300000");
  assert.equal(await told.textContent(), "");
  await page.click(".ticket >> text=Preview");
  await told.filter({ hasText: "would be refused. insufficient cash" }).waitFor();
  assert.equal(await page.locator(".results li").count(), 0);
});

test("console: a post-only order that would trade is refused, and rests at another price", async (t) => {
  const url = await gateway(t);
  const page = await newPage(t);
  await placeBySignature(url, KEY_2, "sell", 100, 450);
  await openConsole(page, url, KEY_1);
  await symbolShown(page, "00700");
  await page.fill("#qty", "100");
  await page.fill("#price", "450");
  await page.check("#post-only");
  await page.click(".ticket .send");
  await resultLine(page, /Buy 100 00700: refused.*the best ask is 450/);
  await page.fill("#price", "449.9");
  await page.click(".ticket .send");
  await rows(page, 1);
  await page.selectOption(".ticket select", "market_order");
  assert.equal(await page.locator("#post-only").count(), 0, "a market order can only trade");
});

test("console: a held Enter and a double click place one order each", async (t) => {
  const url = await gateway(t);
  const page = await newPage(t);
  await openConsole(page, url, KEY_1);
  await symbolShown(page, "00700");
  await page.fill("#qty", "100");
  await page.fill("#price", "400");
  await page.focus("#price");
  await page.keyboard.down("Enter");
  await rows(page, 1);
  await page.waitForSelector(".ticket .send:enabled");
  // The same key again without a release is what holding it sends.
  await page.keyboard.down("Enter");
  await page.keyboard.up("Enter");
  await page.click(".ticket .send", { clickCount: 2, delay: 60 });
  await rows(page, 2);
  await page.fill("#reference", "last");
  await page.click(".ticket .send");
  await rows(page, 3);
  assert.equal(await page.locator(".results li").count(), 3);
});

test("console: cancel one by key, a selection in a batch with one refusal, and all", async (t) => {
  const url = await gateway(t);
  const page = await newPage(t);
  await openConsole(page, url, KEY_1);
  const placed: string[] = [];
  for (let n = 0; n < 9; n += 1) {
    placed.push(await placeBySignature(url, KEY_1, "buy", 100, 401 + n / 10));
  }
  await rows(page, 9);
  await page.locator("body").press("o");
  await page.keyboard.press("Home");
  await page.keyboard.press("c");
  await resultLine(page, new RegExp(`${placed[8]}: cancel accepted`));
  await rows(page, 8);
  // The best of them is chosen, and then filled before the batch is sent.
  for (const orderNo of placed.slice(2, 8)) await page.click(`#row-${orderNo} input`);
  await placeBySignature(url, KEY_2, "sell", 100, 401.7);
  await rows(page, 7);
  await page.locator("body").press("x");
  await resultLine(page, /5 of 6 cancels accepted, 1 refused/);
  const refused = await resultLine(page, /not cancelled/);
  assert.match(refused, new RegExp(`${placed[7]}: not cancelled. too late filled`));
  await rows(page, 2);
  await page.click('button:has-text("Cancel all shown")');
  await page.waitForSelector('dialog[open] .groups li:has-text("00700 buy")');
  await page.click('dialog[open] button:has-text("Cancel 2")');
  await resultLine(page, /2 of 2 cancels accepted/);
  await rows(page, 0);
});

test("console: the arrows go on from where a cancelled order was", async (t) => {
  const url = await gateway(t);
  const page = await newPage(t);
  await openConsole(page, url, KEY_1);
  const placed: string[] = [];
  for (let n = 0; n < 5; n += 1) placed.push(await placeBySignature(url, KEY_1, "buy", 100, 401));
  await rows(page, 5);
  await page.locator("body").press("o");
  for (const key of ["Home", "ArrowDown", "ArrowDown", "c"]) await page.keyboard.press(key);
  await resultLine(page, new RegExp(`${placed[2]}: cancel accepted`));
  await rows(page, 4);
  await page.keyboard.press("ArrowDown");
  await page.waitForSelector(`#row-${placed[1]}[data-active="true"]`);
  await page.keyboard.press("c");
  await rows(page, 3);
  await page.keyboard.press("ArrowUp");
  await page.waitForSelector(`#row-${placed[3]}[data-active="true"]`);
});

test("console: on a phone the page's keys go to a section that was not shown", async (t) => {
  const url = await gateway(t);
  const page = await newPage(t, { width: 390, height: 800 });
  await openConsole(page, url, KEY_1);
  for (const [key, id] of [
    ["b", "qty"],
    ["o", "blotter"],
    ["s", "qty"],
    ["/", "filter"],
  ] as const) {
    await page.keyboard.press(key);
    await page.waitForFunction((wanted) => document.activeElement?.id === wanted, id);
    await page.keyboard.press("Escape");
  }
});

test("console: copying cancels nothing, and keys mean only what is shown", async (t) => {
  const url = await gateway(t);
  const page = await newPage(t);
  await openConsole(page, url, KEY_1);
  await placeBySignature(url, KEY_1, "buy", 100, 402);
  await placeBySignature(url, KEY_1, "buy", 100, 401);
  await rows(page, 2);
  await page.locator("body").press("o");
  await page.keyboard.press("Home");
  await page.keyboard.press("Control+c");
  // Enter on a column's title sorts by it, also while an order is chosen.
  await page.focus('.head button:has-text("Price")');
  await page.keyboard.press("Enter");
  await page.waitForSelector('[role="columnheader"][aria-sort="ascending"]:has-text("Price")');
  await page.fill("#filter", "nothing-has-this");
  await rows(page, 0);
  await page.focus("#blotter");
  await page.keyboard.press("c");
  await page.keyboard.press("Enter");
  // Behind a dialog nothing acts, wherever the focus is.
  await page.fill("#filter", "");
  await rows(page, 2);
  await page.focus("#blotter");
  await page.keyboard.press("a");
  await page.keyboard.press("?");
  await page.waitForSelector("dialog[open] kbd");
  await page.evaluate(() => {
    document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "x", bubbles: true }));
  });
  await page.keyboard.press("Escape");
  await page.waitForSelector("dialog[open]", { state: "detached" });
  // The commands of a page are answered in their order: what came before would be here.
  await place(page, { side: "sell", qty: "100", price: "500" });
  await resultLine(page, /placed as/);
  assert.equal(await page.locator(".results li").count(), 1);
});

test("console: the gateway is killed and comes back; the page resumes without a gap", async (t) => {
  const workplace = Workplace.of(t);
  const dataDir = workplace.path("data");
  const first = await workplace.gateway(dataDir);
  const page = await newPage(t);
  await openConsole(page, first.url, KEY_1);
  const before = await placeBySignature(first.url, KEY_1, "buy", 100, 400);
  await rows(page, 1);
  first.kill("SIGKILL");
  await first.exited;
  await page.waitForSelector('.link[data-phase="lost"]');
  assert.equal(await page.getAttribute(".link", "data-seq"), "1");
  await page.click(`#row-${before} .do button`);
  await resultLine(page, new RegExp(`${before}: the cancel waits for the connection`));
  const { port } = new URL(first.url);
  const second = await workplace.gateway(dataDir, { COUNTERMAND_PORT: port });
  const after = await placeBySignature(second.url, KEY_1, "buy", 100, 401);
  await live(page);
  await page.waitForSelector("text=/resumed without a gap/");
  // What was asked without a connection has been done, and what somebody else did is seen.
  await resultLine(page, new RegExp(`${before}: cancel accepted`));
  await page.waitForSelector(`#row-${before}`, { state: "detached" });
  assert.match((await rows(page, 1)).join(), new RegExp(after));
  await page.waitForSelector('.link[data-seq="3"]');
  assert.equal(await page.getAttribute(".link", "data-losses"), "1");
  // The session is the same: what is open can be cancelled at once.
  await page.click(`#row-${after} .do button`);
  await resultLine(page, new RegExp(`${after}: cancel accepted`));
});

test("console: balances that could not be read are asked for again while the page is live", async (t) => {
  const url = await gateway(t);
  const page = await newPage(t);
  let triedCount = 0;
  await page.route("**/account/v1/balance", (route) => {
    triedCount += 1;
    if (triedCount > 3) return route.continue();
    const body = { code: 11030055, message: "busy", details: "", reason: "rate_limited" };
    return route.fulfill({ status: 429, json: { ...body, retryable: true } });
  });
  await openConsole(page, url, KEY_1);
  await page.waitForSelector('.account th:has-text("HKD")');
  assert.equal(triedCount, 4);
});

test("console: a page of another port on this host gets nothing of a signed-in browser", async (t) => {
  const url = await gateway(t);
  const page = await newPage(t);
  await openConsole(page, url, KEY_1);
  const attacker = createServer((_request, response) => {
    response.setHeader("Content-Type", "text/html").end("<title>elsewhere</title>");
  });
  attacker.listen(0, "127.0.0.1");
  await once(attacker, "listening");
  t.after(() => attacker.close());
  const { port } = attacker.address() as AddressInfo;
  const evil = await page.context().newPage();
  // The cookie goes along: for cookies a host is one site, whatever the port.
  await evil.goto(`http://127.0.0.1:${port}/`);
  const tried = await evil.evaluate(async (target) => {
    const socket = new WebSocket(`${target.replace("http", "ws")}/console/v1/stream?commands=1`);
    const stream = await new Promise((resolve) => {
      socket.onopen = () => resolve("open");
      socket.onerror = () => resolve("refused");
    });
    const read = await fetch(`${target}/console/v1/session`, { credentials: "include" }).then(
      () => "read",
      () => "refused",
    );
    const path = `${target}/console/v1/api/trade/v1/orders/quantity`;
    const blind = { method: "POST", mode: "no-cors", credentials: "include", body: "{}" } as const;
    const written = await fetch(path, blind).then(({ type }) => type);
    return { stream, read, written };
  }, url);
  assert.deepEqual(tried, { stream: "refused", read: "refused", written: "opaque" });
  await evil.goto(`${url}/console`);
  await live(evil);
});

test("console: signing out that nobody has heard of is not said to be done", async (t) => {
  const url = await gateway(t);
  const page = await newPage(t);
  await openConsole(page, url, KEY_1);
  await page.route("**/console/v1/session", (route) => route.abort());
  await page.click('button:has-text("Sign out")');
  await page.waitForSelector("text=this browser may still be signed in");
  await page.unroute("**/console/v1/session");
  await page.reload();
  await live(page);
});

test("console: signing out is said, and the page knows nothing any more", async (t) => {
  const url = await gateway(t);
  const page = await newPage(t);
  await openConsole(page, url, KEY_1);
  await page.click('button:has-text("Sign out")');
  await page.waitForSelector("text=You are signed out.");
  await page.reload();
  await page.waitForSelector("text=You are signed out.");
});

test("console: on a phone nothing is cut off and all can be read, in light and dark", async (t) => {
  const url = await gateway(t);
  await placeBySignature(url, KEY_1, "buy", 100, 400);
  for (const colorScheme of ["light", "dark"] as const) {
    const page = await newPage(t, { width: 375, height: 700, colorScheme });
    await openConsole(page, url, KEY_1);
    assert.equal(await page.getAttribute("html", "data-theme"), colorScheme);
    for (const section of ["Market", "Trade", "Account", "Orders"]) {
      await page.click(`.sections button:has-text("${section}")`);
      assert.deepEqual(await cutOff(page), [], section);
      await assertAccessible(page);
    }
  }
});

/** Panels whose content stands outside of them, or that cover each other; buttons cut off. */
function squeezed(page: Page): Promise<readonly string[]> {
  return page.evaluate(() => {
    const boxes = [...document.querySelectorAll(".desk .panel")]
      .map((panel) => ({ panel, box: panel.getBoundingClientRect() }))
      .filter(({ box }) => box.width > 0);
    const found = boxes.flatMap(({ panel, box }, index) => {
      const name = panel.getAttribute("aria-label") ?? panel.className;
      const covered = boxes.slice(index + 1).filter(({ box: other }) => {
        const isBeside = other.left >= box.right || other.right <= box.left;
        return !isBeside && other.top < box.bottom && other.bottom > box.top;
      });
      const isOver = panel.scrollHeight > panel.clientHeight + 1;
      const canScroll = getComputedStyle(panel).overflowY === "auto";
      return [...covered.map(() => `${name} is covered`), ...(isOver && !canScroll ? [name] : [])];
    });
    const cut = [...document.querySelectorAll(".row .do button")].filter((button) => {
      // Up to the scroll bar.
      const grid = button.closest(".rows");
      if (grid === null) return true;
      const right = grid.getBoundingClientRect().left + grid.clientWidth;
      return button.getBoundingClientRect().right > right;
    });
    const short = [...document.querySelectorAll(".row:not(.head) .symbol")].filter((cell) => {
      return cell.scrollWidth > cell.clientWidth;
    });
    const texts = [
      ...cut.map(({ ariaLabel }) => ariaLabel),
      ...short.map((cell) => cell.innerHTML),
    ];
    return [...found, ...texts.map((text) => text ?? "")];
  });
}

test("console: on a tablet, in a low window and at 200 % nothing is squeezed or cut", async (t) => {
  const url = await gateway(t);
  const page = await newPage(t);
  await openConsole(page, url, KEY_1);
  await page.waitForSelector(".actions .danger:disabled");
  await symbolShown(page, "DODO-USDT");
  await place(page, { side: "buy", qty: "100", price: "0.04" });
  await page.waitForSelector(".actions .danger:enabled");
  const sizes = [
    [720, 450],
    [768, 1024],
    [920, 600],
    [960, 540],
    [1024, 768],
    [1093, 614],
    [1280, 600],
    [1366, 768],
    [1440, 900],
  ] as const;
  for (const [width, height] of sizes) {
    await page.setViewportSize({ width, height });
    await page.waitForFunction((px) => innerWidth === px, width);
    await rows(page, 1);
    assert.deepEqual(await squeezed(page), [], `${width} x ${height}`);
    assert.deepEqual(await cutOff(page), [], `${width} x ${height}`);
  }
});

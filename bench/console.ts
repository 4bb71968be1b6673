/**
 * The console in a real Chromium: what a first visit loads, how soon it can be used, and whether it
 * stays smooth with 20,000 orders of which 500 change a second.
 *
 * Run: `npx node bench/console.ts [orders] [updates a second] [seconds]`. Needs Chromium.
 */
import { performance } from "node:perf_hooks";
import type { Page } from "playwright-core";
import { closeBrowser, openConsole, pageOf } from "../test/browser/console-page.ts";
import { Workplace } from "../test/e2e/gateway-process.ts";
import { envelope, KEY_1, SignedClient, sign } from "../test/e2e/signed-client.ts";
import { ORDER } from "./load/orders.ts";
import { atLeast, atMost, type Row, report, row, thousands } from "./report.ts";

const BATCH = 5;
const VISITS = 5;
const LOAD_KB_MAX = 150;
const INTERACTIVE_MS_MAX = 1_000;
const FRAMES_MIN = 50;

const [orderCount = 20_000, updatesPerSecond = 500, seconds = 10] = process.argv
  .slice(2)
  .map(Number);

const workplace = new Workplace();
try {
  const { url } = await workplace.gateway(workplace.path("data"), {
    COUNTERMAND_SANDBOX_MARKET: "on",
  });
  const rows = [...(await visits(url)), ...(await frames(url))];
  report(rows);
} finally {
  await closeBrowser();
  await workplace.close();
}

/** Each by a browser that has never been here, so nothing is in its cache. */
async function visits(url: string): Promise<Row[]> {
  const times: number[] = [];
  let bytes = 0;
  for (let visit = 0; visit < VISITS; visit += 1) {
    const { page, close } = await pageOf({});
    const sizes: Promise<number>[] = [];
    page.on("response", (response) => {
      if (/\/console(?:$|\/assets\/)/.test(new URL(response.url()).pathname)) {
        sizes.push(
          response
            .request()
            .sizes()
            .then((size) => size.responseBodySize),
        );
      }
    });
    await openConsole(page, url, KEY_1);
    // The ticket is there and the orders are live: from the navigation's start, by the page's clock.
    await page.waitForSelector("#qty");
    times.push(await page.evaluate(() => performance.now()));
    bytes = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
    await close();
  }
  const [, , median = 0] = times.sort((a, b) => a - b);
  const best = `best ${(times[0] ?? 0).toFixed(0)} ms`;
  return [
    row("console: first visit, compressed", `${(bytes / 1000).toFixed(1)} KB`, {
      ...atMost(bytes / 1000, LOAD_KB_MAX, " KB"),
    }),
    row("console: from the link to live orders, median", `${median.toFixed(0)} ms`, {
      peer: best,
      ...atMost(median, INTERACTIVE_MS_MAX, " ms"),
    }),
  ];
}

async function frames(url: string): Promise<Row[]> {
  const { page, close } = await pageOf({});
  await openConsole(page, url, KEY_1);
  const idle = await framesPerSecond(page);
  const client = new SignedClient(url, KEY_1);
  for (let placed = 0; placed < orderCount; placed += BATCH) await placeBatch(client);
  await page.waitForFunction((count) => {
    const text = document.querySelector(".count")?.textContent ?? "";
    return text.includes(`${count.toLocaleString("en")} open`);
  }, orderCount);
  const load = new AbortController();
  const sent = changeOrders(client, load.signal);
  const worked = await workMeter(page);
  const before = await worked();
  const busy = await framesPerSecond(page);
  const used = (await worked()) - before;
  load.abort();
  const rate = (await sent) / busy.seconds;
  client.close();
  await close();
  const what = `${thousands(orderCount)} orders, ${rate.toFixed(0)} updates/s`;
  const measured = `${busy.rate.toFixed(1)}, longest frame ${busy.longestMs.toFixed(0)} ms`;
  return [
    row(`console: frames a second, ${what}`, measured, {
      peer: `without orders: ${idle.rate.toFixed(1)}`,
      ...atLeast(busy.rate, FRAMES_MIN),
      ratio: (busy.rate / idle.rate).toFixed(2),
    }),
    row("console: work of the page's thread meanwhile", `${share(used / busy.seconds)} of a core`),
  ];
}

async function placeBatch(client: SignedClient): Promise<readonly string[]> {
  const price = (1 + Math.floor(Math.random() * 1_000) / 100).toFixed(2);
  const body = JSON.stringify(Array.from({ length: BATCH }, () => ({ ...ORDER, price })));
  const answer = envelope(await client.send(sign(KEY_1, "POST", "/trade/v1/orders/batch", body)));
  const results = answer.data as readonly { order_no: string; result: { code: number } }[];
  const refused = results.find(({ result }) => result.code !== 0);
  if (refused !== undefined) throw new Error(`not placed: ${JSON.stringify(refused)}`);
  return results.map(({ order_no }) => order_no);
}

/** Places five and cancels them, at the pace asked for; gives the number of changes. */
async function changeOrders(client: SignedClient, signal: AbortSignal): Promise<number> {
  const startMs = performance.now();
  let count = 0;
  while (!signal.aborted) {
    const orders = (await placeBatch(client)).map((order_no) => ({ order_no }));
    const path = "/trade/v1/orders/cancel/batch";
    await client.send(sign(KEY_1, "POST", path, JSON.stringify(orders)));
    count += 2 * BATCH;
    const dueMs = startMs + (1_000 * count) / updatesPerSecond;
    const waitMs = dueMs - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
  }
  return count;
}

/** Reads the seconds that the page's thread has worked: a busy machine disturbs them less. */
async function workMeter(page: Page): Promise<() => Promise<number>> {
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  return async () => {
    const { metrics } = await session.send("Performance.getMetrics");
    return metrics.find(({ name }) => name === "TaskDuration")?.value ?? 0;
  };
}

function share(part: number): string {
  return `${(100 * part).toFixed(0)} %`;
}

interface Smoothness {
  readonly rate: number;
  readonly seconds: number;
  readonly longestMs: number;
}

function framesPerSecond(page: Page): Promise<Smoothness> {
  return page.evaluate((forSeconds) => {
    return new Promise<Smoothness>((resolve) => {
      const startMs = performance.now();
      let lastMs = startMs;
      let longestMs = 0;
      let count = 0;
      const frame = (nowMs: number): void => {
        count += 1;
        longestMs = Math.max(longestMs, nowMs - lastMs);
        lastMs = nowMs;
        const passed = (nowMs - startMs) / 1000;
        if (passed < forSeconds) requestAnimationFrame(frame);
        else resolve({ rate: count / passed, seconds: passed, longestMs });
      };
      requestAnimationFrame(frame);
    });
  }, seconds);
}

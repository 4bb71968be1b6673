/** The console in a real Chromium, and what tests do to it and read from it. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { type Key, SignedClient, sign } from "../e2e/signed-client.ts";

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Milliseconds after which a wait is given up: far beyond what a busy machine needs. */
const PATIENCE_MS = 30_000;

export interface PageOptions {
  readonly width?: number;
  readonly height?: number;
  readonly colorScheme?: "light" | "dark";
}

let shared: Promise<Browser> | null = null;

/** One browser for all tests of a file; each page has a profile of its own. */
function browser(): Promise<Browser> {
  const executablePath = PLACES.find((path) => existsSync(path));
  if (executablePath === undefined) throw new Error(`no Chromium at ${PLACES.join(", ")}`);
  shared ??= chromium.launch({ executablePath, headless: true, args: FLAGS });
  return shared;
}

export async function closeBrowser(): Promise<void> {
  await (await shared)?.close();
}

/** A page of a browser that has never been here. */
export async function pageOf({
  width = 1440,
  height = 900,
  colorScheme = "light",
}: PageOptions): Promise<{ readonly page: Page; readonly close: () => Promise<void> }> {
  const context = await (await browser()).newContext({ viewport: { width, height }, colorScheme });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  return { page, close: () => context.close() };
}

/** The same for a test: what the page reports as an error fails it. */
export async function newPage(t: TestContext, options: PageOptions = {}): Promise<Page> {
  const { page, close } = await pageOf(options);
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (message) => {
    if (/Content Security Policy/.test(message.text())) faults.push(message.text());
  });
  t.after(async () => {
    await close();
    if (faults.length > 0) throw new Error(`the page reported: ${faults.join("; ")}`);
  });
  return page;
}

/** Signs in as a person does: with a link made by the key. */
export async function openConsole(page: Page, url: string, key: Key): Promise<void> {
  await page.goto(await consoleLink(url, key));
  await live(page);
}

/** A link that signs in once. */
export async function consoleLink(url: string, key: Key): Promise<string> {
  const client = new SignedClient(url, key);
  const answer = await client.send(sign(key, "POST", "/console/v1/sign-in-codes"));
  client.close();
  const { data } = JSON.parse(answer.text) as { readonly data: { readonly sign_in_code: string } };
  return `${url}/console#code=${data.sign_in_code}`;
}

export async function live(page: Page): Promise<void> {
  await page.waitForSelector('.link[data-phase="live"]');
}

export async function symbolShown(page: Page, symbol: string): Promise<void> {
  await page.click(`.symbols button:has-text("${symbol}")`);
  await page.waitForSelector(`.ticket h2:has-text("${symbol}")`);
}

/** Places a limit order with the ticket. */
export async function place(
  page: Page,
  { side, qty, price }: { side: "buy" | "sell"; qty: string; price: string },
): Promise<void> {
  await page.click(`.sides .${side}`);
  await page.fill("#qty", qty);
  await page.fill("#price", price);
  await page.click(".ticket .send");
}

/** Waits for a line of the results, newest first, and gives it. */
export async function resultLine(page: Page, text: RegExp): Promise<string> {
  const line = page.locator(".results li", { hasText: text }).first();
  await line.waitFor();
  return (await line.textContent()) ?? "";
}

/** Waits until so many rows are shown; gives what they say. */
export async function rows(page: Page, count: number): Promise<readonly string[]> {
  const found = page.locator(".rows .row:not(.head)");
  await page.waitForFunction((wanted) => {
    return document.querySelectorAll(".rows .row:not(.head)").length === wanted;
  }, count);
  return await found.allInnerTexts();
}

/** What stands beyond the edges of the window. */
export function cutOff(page: Page): Promise<readonly string[]> {
  return page.evaluate(() => {
    return [...document.querySelectorAll("button, input, select, h2, p, li")]
      .map((element) => ({ name: element.textContent, box: element.getBoundingClientRect() }))
      .filter(({ box }) => box.width > 0 && (box.right > innerWidth + 0.5 || box.left < -0.5))
      .map(({ name, box }) => `${name} to ${box.right}`);
  });
}

const AXE = readFileSync(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

interface Axe {
  run(options: object): Promise<{
    readonly passes: readonly unknown[];
    readonly violations: readonly {
      readonly id: string;
      readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
    }[];
  }>;
}

/** Fails where the page breaks a rule of WCAG 2.2 AA that a machine can check. */
export async function assertAccessible(page: Page): Promise<void> {
  // The browser itself evaluates it: the page's own policy lets no script in.
  await page.evaluate(AXE);
  const { passes, violations } = await page.evaluate((values) => {
    const { axe } = globalThis as unknown as { readonly axe: Axe };
    return axe.run({ runOnly: { type: "tag", values }, resultTypes: ["violations"] });
  }, RULES);
  assert.ok(passes.length >= 5, "the rules have something to look at");
  const faults = violations.flatMap(({ id, nodes }) => {
    return nodes.map(({ failureSummary, html }) => `${id}: ${html}: ${failureSummary}`);
  });
  assert.deepEqual(faults, []);
}

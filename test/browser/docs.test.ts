// The reference in a real Chromium: what it offers to try works as it stands.
import assert from "node:assert/strict";
import { after, type TestContext, test } from "node:test";
import type { Page } from "playwright-core";
import { REAL_TIME, startInProcess } from "../e2e/gateway-in-process.ts";
import { KEY_1 } from "../e2e/signed-client.ts";
import { closeBrowser, newPage } from "./console-page.ts";

after(closeBrowser);

/** Opens the reference with a key in it. */
async function openReference(t: TestContext): Promise<Page> {
  const { url } = await startInProcess(t, REAL_TIME);
  const page = await newPage(t);
  await page.goto(`${url}/docs`);
  await page.fill("#api-key", KEY_1.apiKey);
  await page.fill("#secret", KEY_1.secret);
  return page;
}

/** Sends a request as it stands; gives the answer's body. */
async function tried(page: Page, operation: string): Promise<Record<string, unknown>> {
  const block = page.locator(`[id="operations-${operation}"]`);
  await block.locator(".opblock-summary-control").click();
  await block.locator("button.execute").click();
  const body = block.locator(".live-responses-table .microlight").first();
  await body.waitFor();
  return JSON.parse((await body.textContent()) ?? "") as Record<string, unknown>;
}

test("docs: nothing that the page asks for is missing", async (t) => {
  const { url } = await startInProcess(t, REAL_TIME);
  const page = await newPage(t);
  const complaints: string[] = [];
  page.on("console", (message) => complaints.push(`${message.location().url} ${message.text()}`));
  await page.goto(`${url}/docs`, { waitUntil: "networkidle" });
  await page.locator(".opblock").first().waitFor();
  assert.deepEqual(complaints, []);
});

test("docs: an order is placed and a code made by pressing buttons", async (t) => {
  const page = await openReference(t);
  assert.equal((await tried(page, "Orders-placeOrder"))["code"], 0);
  assert.equal((await tried(page, "Console-createSignInCode"))["code"], 0);
  assert.equal(await page.locator("button.authorize").first().isVisible(), false);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { isFault } from "@countermand/contract";
import { cookieValue, isOpenedHere, siteFault } from "./browser-request.ts";
import { codingOf } from "./console-assets.ts";

test("browser request: only the console's own page is let in", () => {
  const host = "127.0.0.1:8080";
  const own = "http://127.0.0.1:8080";
  /** Headers, and whether a read and a write with them are let in. */
  const table: readonly (readonly [Record<string, string>, boolean, boolean])[] = [
    [{}, true, false],
    [{ origin: own }, true, true],
    [{ origin: "https://127.0.0.1:8080" }, true, true],
    [{ origin: own, "sec-fetch-site": "same-origin" }, true, true],
    [{ "sec-fetch-site": "same-origin" }, true, false],
    [{ "sec-fetch-site": "none" }, true, false],
    [{ origin: own, "sec-fetch-site": "none" }, true, false],
    [{ origin: own, "sec-fetch-site": "same-site" }, false, false],
    [{ "sec-fetch-site": "cross-site" }, false, false],
    [{ origin: "http://127.0.0.1:8081" }, false, false],
    [{ origin: "http://127.0.0.1:8080.example" }, false, false],
    [{ origin: "http://user@127.0.0.1:8080" }, false, false],
    [{ origin: "null" }, false, false],
    [{ origin: "" }, false, false],
  ];
  for (const [headers, read, write] of table) {
    const all = { host, ...headers };
    const refused = [siteFault(all, false), siteFault(all, true)];
    assert.deepEqual(
      refused.map((fault) => fault === null || !isFault(fault)),
      [read, write],
      JSON.stringify(headers),
    );
  }
});

test("browser request: a page was opened here where the browser says so, and nowhere else", () => {
  const opened = (site?: string) => {
    return isOpenedHere(site === undefined ? {} : { "sec-fetch-site": site });
  };
  assert.deepEqual(["none", "same-origin"].map(opened), [true, true]);
  const others = ["cross-site", "same-site", "", "nonsense", undefined].map(opened);
  assert.deepEqual(new Set(others), new Set([false]));
});

test("browser request: a cookie counts when there is one of its name", () => {
  const value = (cookie: string) => cookieValue({ cookie }, "c");
  assert.equal(value("c=1"), "1");
  assert.equal(value("a=0; c=1=2; cc=3"), "1=2");
  assert.equal(value("c=1; c=2"), "");
  assert.equal(value("xc=1"), "");
  assert.equal(cookieValue({}, "c"), "");
});

test("browser request: the best coding that the browser takes", () => {
  assert.equal(codingOf("gzip, deflate, br"), "br");
  assert.equal(codingOf("GZIP;q=0.5"), "gzip");
  assert.equal(codingOf("br;q=0, gzip"), "gzip");
  assert.equal(codingOf("identity"), null);
  assert.equal(codingOf(undefined), null);
});

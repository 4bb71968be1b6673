// Goal: what a command advises is of use, and said once.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ConnectionError } from "@countermand/client";
import { adviceOf } from "./exit-codes.ts";

test("exit codes: where a message says what to do, there is no other advice", () => {
  const page = new ConnectionError("HTTP status 413; raise its limit of a body");
  assert.equal(adviceOf(new ConnectionError("POST /trade/v1/orders was turned away", page)), "");
  const refused = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
  const silent = new ConnectionError(
    "no answer",
    new TypeError("fetch failed", { cause: refused }),
  );
  assert.match(adviceOf(silent), /^Is the gateway running/);
});

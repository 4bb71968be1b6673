// Goal: what went wrong is told in words of somebody who has not read the libraries below.
import assert from "node:assert/strict";
import { test } from "node:test";
import { problemText } from "./problem.ts";

test("problem: the innermost cause is told, in words", () => {
  const socket = Object.assign(new Error("other side closed"), { code: "UND_ERR_SOCKET" });
  const told = [
    [
      new TypeError("fetch failed", { cause: socket }),
      "the connection was closed before the answer",
    ],
    [
      new TypeError("fetch failed", { cause: new Error("connect ECONNREFUSED") }),
      "connect ECONNREFUSED",
    ],
    [new AggregateError([new Error("first"), new Error("second")]), "first"],
    [
      Object.assign(new Error("x:0A:y.c:1"), { library: "SSL routines", reason: "bad" }),
      "TLS: bad",
    ],
    [new RangeError(""), "RangeError"],
    ["thrown", "thrown"],
  ] as const;
  for (const [error, text] of told) assert.equal(problemText(error), text);
});

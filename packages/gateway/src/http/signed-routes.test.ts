import assert from "node:assert/strict";
import { test } from "node:test";
import type { Account } from "@countermand/core/model";
import type { CallOptions } from "../trade/trade-service.ts";
import { type Content, SIGNED_ROUTES, type SignedActors } from "./signed-routes.ts";

test("signed routes: outside the sandbox its paths do not exist", () => {
  const actors = { faults: null } as unknown as SignedActors;
  const caller = { apiKey: "key", account: "80114138" as Account };
  const content: Content = { json: null, rawQuery: "", segment: null };
  for (const name of ["armFault", "listFaults", "clearFaults"] as const) {
    const answer = SIGNED_ROUTES.get(name)?.act(actors, caller, content, {} as CallOptions);
    assert.ok(answer !== undefined && "error" in answer, name);
    assert.equal(answer.error, "UNKNOWN_PATH");
  }
});

/** Durations as Prometheus reads them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Durations } from "./durations.ts";

const HEAD = "# HELP took_seconds How long it took.\n# TYPE took_seconds histogram\n";

test("durations: buckets count what is at most their end, and add up", () => {
  const spec = { metric: "took_seconds", help: "How long it took.", label: "route" };
  const durations = new Durations(spec);
  assert.equal(durations.text(), HEAD);
  for (const tookMs of [0, 0.5, 0.6, 20, 60_000]) durations.add("place", tookMs);
  durations.add("cancel", 5);
  assert.ok(
    durations.text().startsWith(`${HEAD}took_seconds_bucket{route="place",le="0.0005"} 2\n`),
  );
  const lines = durations.text().split("\n");
  const of = (sample: string) => {
    return Number(lines.find((line) => line.startsWith(`took_seconds_${sample} `))?.split(" ")[1]);
  };
  const bucket = (le: string) => of(`bucket{route="place",le="${le}"}`);
  const read = ["0.0005", "0.001", "0.01", "0.02", "5", "+Inf"].map(bucket);
  assert.deepEqual(read, [2, 3, 3, 4, 4, 5]);
  assert.equal(of('count{route="place"}'), 5);
  assert.equal(of('sum{route="place"}'), 60.0211);
  assert.equal(of('bucket{route="cancel",le="0.002"}'), 0);
  assert.equal(of('bucket{route="cancel",le="0.005"}'), 1);
});

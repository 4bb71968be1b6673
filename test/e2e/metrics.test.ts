/** What Prometheus reads: well-formed, and adding up with what clients did. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { CountermandClient } from "../../packages/client/src/index.ts";
import { REAL_TIME, startInProcess } from "./gateway-in-process.ts";
import { BUY_REQUEST } from "./wire-orders.ts";

interface Family {
  readonly type: string;
  /** Value by name and labels. */
  readonly samples: Map<string, number>;
}

const SAMPLE = /^([a-z_0-9]+)(\{(?:[a-z_]+="[^"\\\n]*",?)+\})? (\S+)$/;

/** By name; refuses what a reader of the text format would, or would warn of. */
function familiesOf(text: string): Map<string, Family> {
  const families = new Map<string, Family>();
  let helped = "";
  let name = "";
  for (const line of text.split("\n")) {
    if (line === "") continue;
    const [, kind = "", of = "", rest = ""] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
    if (kind === "HELP") {
      helped = of;
    } else if (kind === "TYPE") {
      assert.equal(of, helped, "help comes first");
      assert.ok(!families.has(of), `${of} is there once`);
      name = of;
      families.set(name, { type: rest, samples: new Map() });
    } else {
      const { type, samples } = families.get(name) as Family;
      const [, sample = "", labels = "", value = ""] = SAMPLE.exec(line) ?? [];
      const tail = type === "histogram" ? /^(_bucket|_sum|_count)$/ : /^$/;
      assert.ok(sample.startsWith(name) && tail.test(sample.slice(name.length)), line);
      assert.ok(!samples.has(sample + labels), `twice: ${line}`);
      assert.ok(/^(Nan|[-+]?[0-9.e+-]+)$/.test(value), line);
      samples.set(sample + labels, Number(value));
    }
  }
  return families;
}

async function scraped(url: string): Promise<Map<string, Family>> {
  return familiesOf(await (await fetch(`${url}/metrics`)).text());
}

function samplesOf(families: Map<string, Family>, name: string): Map<string, number> {
  return families.get(name)?.samples ?? assert.fail(name);
}

test("metrics: the text is what Prometheus takes, and names are as it wants them", async (t) => {
  const { url } = await startInProcess(t, REAL_TIME);
  await fetch(`${url}/time`);
  const { version } = JSON.parse(readFileSync("packages/gateway/package.json", "utf8"));
  const info = samplesOf(await scraped(url), "countermand_build_info");
  assert.deepEqual([...info], [[`countermand_build_info{version="${version}"}`, 1]]);
  for (const [name, { type, samples }] of await scraped(url)) {
    if (!name.startsWith("countermand_")) continue;
    assert.equal(name.endsWith("_total"), type === "counter", name);
    for (const [sample, value] of samples) {
      const [, labels] = /_bucket\{(?:(.*),)?le="\+Inf"\}$/.exec(sample) ?? [];
      if (!sample.includes('le="+Inf"')) continue;
      assert.equal(value, samples.get(`${name}_count${labels ? `{${labels}}` : ""}`), sample);
    }
  }
});

test("metrics: every answer is counted and timed, over HTTP and on sockets", async (t) => {
  const { url } = await startInProcess(t, REAL_TIME);
  const credentials = { apiKey: "demo-key", secret: "demo-secret" };
  const client = new CountermandClient({ baseUrl: url, credentials });
  const stream = client.stream({ commands: true });
  t.after(() => stream.close());
  const socket = client.withSocket(stream);
  for (const way of [client, socket, socket]) {
    const { order_no } = await way.place(BUY_REQUEST);
    await way.cancel({ order_no });
  }
  await assert.rejects(client.place({ ...BUY_REQUEST, qty: "0" }));
  await assert.rejects(socket.place({ ...BUY_REQUEST, qty: "0" }));
  assert.equal((await socket.cancel({ order_no: "99999999999" })).outcome, "refused");
  const families = await scraped(url);
  const requests = samplesOf(families, "countermand_http_requests_total");
  const took = samplesOf(families, "countermand_http_request_duration_seconds");
  const name = "countermand_http_request_duration_seconds";
  assert.equal(requests.get('countermand_http_requests_total{route="placeOrder",status="200"}'), 1);
  assert.equal(requests.get('countermand_http_requests_total{route="placeOrder",status="400"}'), 1);
  assert.equal(took.get(`${name}_count{route="placeOrder"}`), 2);
  assert.ok((took.get(`${name}_sum{route="placeOrder"}`) ?? 0) > 0);
  const commands = samplesOf(families, "countermand_socket_commands_total");
  assert.deepEqual(
    [...commands],
    [
      ['countermand_socket_commands_total{op="place",status="200"}', 2],
      ['countermand_socket_commands_total{op="place",status="400"}', 1],
      ['countermand_socket_commands_total{op="cancel",status="200"}', 2],
      ['countermand_socket_commands_total{op="cancel",status="404"}', 1],
    ],
  );
  const replied = samplesOf(families, "countermand_socket_command_duration_seconds");
  for (const op of ["place", "cancel"]) {
    assert.equal(replied.get(`countermand_socket_command_duration_seconds_count{op="${op}"}`), 3);
  }
});

// Why a signature was refused, as the command line finds out.
import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { test } from "node:test";
import { temporaryFolder } from "../../packages/gateway/src/sys/temporary-folder-fixture.ts";
import { runCommand } from "./command-line.ts";
import { REAL_TIME, startInProcess } from "./gateway-in-process.ts";

function explainArgs(signature: string, body: string): string[] {
  const sent = ["--timestamp", "1746774142003", "--signature", signature, "--body", body];
  return ["explain", "DELETE", "/trade/v1/orders", ...sent];
}

test("cli: explain finds the mistake in a signature", async (t) => {
  const environment = { XDG_CONFIG_HOME: temporaryFolder(t) };
  const hmac = (text: string, secret: string | Buffer = "demo-secret") =>
    createHmac("sha256", secret).update(text).digest("base64");
  const body = '{"order_no": "22000000022"}';
  const prefix = "DELETE|/trade/v1/orders|1746774142003|";
  const cases = [
    [hmac(prefix), /The payload was left out/],
    [
      hmac(`${prefix}{"order_no":"22000000022"}`),
      /other JSON was signed than sent: without white space/i,
    ],
    [hmac(`delete|/trade/v1/orders|1746774142003|${body}`), /method was signed in small letters/],
    [hmac(`POST|/trade/v1/orders|1746774142003|${body}`), /method was signed than sent: POST/],
    [hmac(`DELETE|/trade/v1/orders|1746774142|${body}`), /timestamp in seconds was signed/],
    [hmac(`${prefix}${body}`, "demo-secret\n"), /line break at its end/],
    [hmac(`${prefix}${body}`, Buffer.from("demo-secret", "base64")), /decoded from base64/],
    [hmac(`${prefix}${body}`, "another"), /No known mistake/],
    ...["", "\n"].map((end) => {
      const digits = Buffer.from(hmac(`${prefix}${body}`), "base64").toString("hex");
      return [Buffer.from(digits + end).toString("base64"), /digits .* as Base64/] as const;
    }),
  ] as const;
  for (const [signature, said] of cases) {
    const { code, output } = await runCommand(explainArgs(signature, body), { environment });
    assert.equal(code, 1);
    assert.match(output, said);
  }
  const right = await runCommand(explainArgs(hmac(`${prefix}${body}`), body), {
    environment,
  });
  assert.equal(right.code, 0, right.output);
});

test("cli: explain finds the host in the path, and the last bar that is not there", async (t) => {
  const environment = { XDG_CONFIG_HOME: temporaryFolder(t) };
  const url = ["--url", "https://orders.example:8443"];
  const sign = (text: string) => createHmac("sha256", "demo-secret").update(text).digest("base64");
  const explain = async (target: string, text: string): Promise<string> => {
    const sent = ["--timestamp", "1746774142003", "--signature", sign(text)];
    const { code, output } = await runCommand([...url, "explain", "GET", target, ...sent], {
      environment,
    });
    assert.equal(code, 1, output);
    return output;
  };
  const path = "/trade/v1/orders";
  const query = "page_size=1&page_index=1";
  const hosts = ["https://orders.example:8443", "orders.example:8443", "orders.example"];
  for (const host of [...hosts, "https://orders.example"]) {
    for (const rest of [`${path}|1746774142003|${query}`, `${path}?${query}|1746774142003|`]) {
      assert.match(await explain(`${path}?${query}`, `GET|${host}${rest}`), /signed with the host/);
    }
  }
  const noBar = await explain(path, `GET|${path}|1746774142003`);
  assert.match(noBar, /The last \| was left out/);
});

test("cli: explain compares with what the gateway saw", async (t) => {
  const { url } = await startInProcess(t, REAL_TIME);
  const environment = { XDG_CONFIG_HOME: temporaryFolder(t) };
  const response = await fetch(`${url}/trade/v1/orders?a=1&b=2`, {
    headers: {
      "X-API-Key": "demo-key",
      "X-API-Timestamp": String(Date.now()),
      "X-API-Signature": "8Kcb7kOKQ1WSnea4VEvBwtIJQE+nLwFstzHtvktTiF0=",
    },
  });
  const { details } = (await response.json()) as { details: string };
  const args = ["explain", "GET", "/trade/v1/orders?b=2&a=1", "--timestamp", "1746774142003"];
  const seen = ["--signature", "8Kcb7kOKQ1WSnea4VEvBwtIJQE+nLwFstzHtvktTiF0=", "--seen", details];
  const { output } = await runCommand([...args, ...seen], { environment });
  assert.match(output, /The gateway saw something else: payload SHA-256 /);
  assert.match(output, /The gateway saw something else: timestamp /);
});

test("cli: explain names the line breaks that curl drops from a file", async (t) => {
  const environment = { XDG_CONFIG_HOME: temporaryFolder(t) };
  const text = "DELETE|/trade/v1/orders|1746774142003|";
  const sha256 = (body: string) => createHash("sha256").update(body).digest("hex");
  const body = '{\r\n"order_no": "22000000022"\n}';
  const signature = createHmac("sha256", "demo-secret")
    .update(text + body)
    .digest("base64");
  for (const [arrived, isNamed] of [
    ['{"order_no": "22000000022"}', true],
    ['{"order_no":"22000000022"}', false],
  ] as const) {
    const seen = `${text}<raw body: ${arrived.length} bytes, SHA-256 ${sha256(arrived)}>`;
    const { code, output } = await runCommand([...explainArgs(signature, body), "--seen", seen], {
      environment,
    });
    assert.equal(code, 1);
    assert.equal(/--data-binary @FILE$/m.test(output), isNamed, output);
  }
});

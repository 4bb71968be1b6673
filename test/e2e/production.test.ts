/** The production profile: over TLS, without anything of the sandbox, in a directory of its own. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { type TestContext, test } from "node:test";
import { connect, createServer } from "node:tls";
import { certificateOf } from "../../packages/cli/src/certificate.ts";
import { ExitCode } from "../../packages/cli/src/exit-codes.ts";
import { ApiError, CountermandClient } from "../../packages/client/src/index.ts";
import { readConfig } from "../../packages/gateway/src/config.ts";
import { selfSigned } from "../../packages/gateway/src/http/tls-fixture.ts";
import { runCommand } from "./command-line.ts";
import { SETTINGS, startGateway, type TestTime } from "./gateway-in-process.ts";
import { OPERATOR_TOKEN } from "./operator-client.ts";
import { KEY_1, sign } from "./signed-client.ts";

const DAY_MS = 86_400_000;
const TIME: TestTime = { wallMs: Date.now(), marketMs: Date.now() };

/** A folder that is gone after the test, with a certificate for 127.0.0.1. */
function folderOf(t: TestContext, stop: () => Promise<void> = async () => {}, days = 90): string {
  const folder = mkdtempSync(join(tmpdir(), "countermand-production-"));
  t.after(async () => {
    await stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const files = ["-keyout", join(folder, "key.pem"), "-out", join(folder, "cert.pem")];
  const name = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"];
  const subject = [...name, "-days", String(days)];
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"];
  const made = spawnSync("openssl", ["req", "-x509", "-nodes", ...curve, ...files, ...subject]);
  assert.equal(made.status, 0, String(made.stderr));
  return folder;
}

function environmentOf(folder: string): Record<string, string> {
  return {
    COUNTERMAND_PROFILE: "production",
    COUNTERMAND_DATA_DIR: join(folder, "data"),
    COUNTERMAND_TLS_CERT_FILE: join(folder, "cert.pem"),
    COUNTERMAND_TLS_KEY_FILE: join(folder, "key.pem"),
    COUNTERMAND_OPERATOR_TOKEN: OPERATOR_TOKEN,
    COUNTERMAND_OPERATOR_PORT: "0",
  };
}

interface Sent {
  readonly status: number;
  readonly reason: string | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  readonly data: any;
}

function send(
  url: string,
  folder: string,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  body = "",
): Promise<Sent> {
  const ca = readFileSync(join(folder, "cert.pem"));
  return new Promise((resolve, reject) => {
    const options = { method, ca, headers, agent: false };
    const outgoing = request(`${url}${path}`, options, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
      incoming.on("end", () => {
        const answer = JSON.parse(Buffer.concat(chunks).toString()) as Omit<Sent, "status">;
        resolve({ ...answer, status: incoming.statusCode ?? 0 });
      });
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

test("production: over TLS, with neither demo keys nor a clock that can be set", async (t) => {
  const folder = folderOf(t, () => gateway.stop());
  const gateway = await startGateway(TIME, environmentOf(folder));
  assert.match(gateway.url, /^https:/);
  assert.match(gateway.operatorUrl ?? "", /^https:/);
  const time = await send(gateway.url, folder, "GET", "/time");
  assert.equal(time.status, 200);
  const { headers } = sign(KEY_1, "GET", "/trade/v1/orders");
  const demo = await send(gateway.url, folder, "GET", "/trade/v1/orders", headers);
  assert.deepEqual([demo.status, demo.reason], [401, "signature_invalid"]);
  const clock = await send(gateway.url, folder, "GET", "/sandbox/v1/clock");
  assert.deepEqual([clock.status, clock.reason], [404, "unknown_path"]);
  const operator = { Authorization: `Bearer ${OPERATOR_TOKEN}` };
  const accounts = await send(
    gateway.operatorUrl ?? "",
    folder,
    "GET",
    "/operator/v1/accounts",
    operator,
  );
  assert.deepEqual(accounts.data.accounts, [], "it starts with no account");
});

test("production: who speaks plain HTTP to it is told so, and that nothing was done", async (t) => {
  const folder = folderOf(t, () => gateway.stop());
  const gateway = await startGateway(TIME, environmentOf(folder));
  const url = gateway.url.replace("https:", "http:");
  const credentials = { apiKey: KEY_1.apiKey, secret: KEY_1.secret };
  const client = new CountermandClient({ baseUrl: url, credentials });
  const told = (error: unknown) => {
    assert.ok(error instanceof ApiError, String(error));
    assert.equal(error.httpStatus, 400);
    return /TLS is spoken here; use https:\/\/ in place of http:\/\//.test(error.message);
  };
  await assert.rejects(client.cancel({ order_no: "1" }), told);
  await assert.rejects(client.orders(), told);
  // OpenSSL knows only some methods by sight.
  const refused = await fetch(`${url}/trade/v1/orders?order_no=1`, { method: "DELETE" });
  const { reason } = (await refused.json()) as { readonly reason: string };
  assert.deepEqual([refused.status, reason], [400, "malformed_request"]);
  const stream = client.stream();
  const { value } = await stream[Symbol.asyncIterator]().next();
  stream.close();
  assert.ok(value?.type === "disconnected");
  assert.match(value.reason, /TLS is spoken here; use https/);
  const operatorUrl = (gateway.operatorUrl ?? "").replace("https:", "http:");
  const environment = {
    COUNTERMAND_OPERATOR_URL: operatorUrl,
    COUNTERMAND_OPERATOR_TOKEN: OPERATOR_TOKEN,
    COUNTERMAND_OPERATOR: "desk",
  };
  const ran = await runCommand(["kill", "--gateway", "--reason", "drill", "--yes"], {
    environment,
  });
  assert.equal(ran.code, ExitCode.Refused, ran.errors);
  assert.match(ran.errors, /TLS is spoken here; use https/);
});

test("production: a data directory keeps the profile it was begun with", async (t) => {
  const folder = folderOf(t);
  const production = environmentOf(folder);
  const sandbox = {
    COUNTERMAND_DATA_DIR: production["COUNTERMAND_DATA_DIR"] ?? "",
    COUNTERMAND_SANDBOX_MARKET: "off",
  };
  await (await startGateway(TIME, production)).stop();
  await assert.rejects(startGateway(TIME, sandbox), /is sandbox, but .* was begun with production/);
  await (await startGateway(TIME, production)).stop();
  rmSync(join(folder, "data"), { recursive: true });
  await (await startGateway(TIME, sandbox)).stop();
  await assert.rejects(startGateway(TIME, production), /is production, but .* begun with sandbox/);
});

test("production: when the certificate ends is told to whoever scrapes and whoever asks", async (t) => {
  const folder = folderOf(t, () => gateway.stop(), 5);
  const gateway = await startGateway(TIME, environmentOf(folder));
  const scraped = async () => {
    const ca = readFileSync(join(folder, "cert.pem"));
    const incoming = request(`${gateway.url}/metrics`, { ca, agent: false }).end();
    const [response] = (await once(incoming, "response")) as [IncomingMessage];
    return await text(response);
  };
  const ends = () => new X509Certificate(readFileSync(join(folder, "cert.pem"))).validTo;
  const sample = () =>
    `countermand_certificate_expiry_timestamp_seconds ${Date.parse(ends()) / 1000}`;
  assert.ok((await scraped()).split("\n").includes(sample()));
  // A process of its own: whom it trusts is read when one begins.
  const doctor = async () => {
    const trusted = { NODE_EXTRA_CA_CERTS: join(folder, "cert.pem"), COUNTERMAND_URL: gateway.url };
    const env = { ...process.env, ...trusted };
    const ran = spawn(process.execPath, ["packages/cli/src/main.ts", "doctor"], { env });
    return await text(ran.stdout);
  };
  assert.match(await doctor(), /^ok {4}certificate: good until .* UTC, for [45] days$/m);
  const other = folderOf(t);
  for (const name of ["cert.pem", "key.pem"]) copyFileSync(join(other, name), join(folder, name));
  gateway.reload(readConfig({ ...SETTINGS, ...environmentOf(folder) }));
  assert.ok((await scraped()).split("\n").includes(sample()));
  assert.match(await doctor(), /^ok {4}certificate: good until .*, for (89|90) days$/m);
});

test("production: doctor says how long a certificate is good, and when it is time to renew it", async (t) => {
  const files = selfSigned();
  const server = createServer({ ...files }).listen(0, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const untilMs = Date.parse(new X509Certificate(files.cert).validTo);
  const at = (leftDays: number) => certificateOf(url, untilMs - leftDays * DAY_MS);
  assert.match(await at(29.5), /^good until \d{4}-\S+ \S+ UTC, for 29 days$/);
  assert.match(await at(1.5).catch(({ message }) => message), /UTC, for 1 day: renew it$/);
});

test("production: without a certificate there is no sample of its end", async (t) => {
  const folder = folderOf(t, () => gateway.stop());
  const behindProxy = { COUNTERMAND_BEHIND_PROXY: "on" };
  const {
    COUNTERMAND_TLS_CERT_FILE: _,
    COUNTERMAND_TLS_KEY_FILE: __,
    ...rest
  } = environmentOf(folder) as Record<string, string>;
  const gateway = await startGateway(TIME, { ...rest, ...behindProxy });
  const scraped = await (await fetch(`${gateway.url}/metrics`)).text();
  assert.match(scraped, /^# TYPE countermand_certificate_expiry_timestamp_seconds gauge$/m);
  assert.doesNotMatch(scraped, /^countermand_certificate_expiry/m);
});

test("production: a new certificate is taken without a connection noticing", async (t) => {
  const folder = folderOf(t, () => gateway.stop());
  const other = folderOf(t);
  const settings = environmentOf(folder);
  const gateway = await startGateway(TIME, settings);
  const { hostname, port } = new URL(gateway.url);
  const to = (place: string) => ({
    host: hostname,
    port: Number(port),
    ca: readFileSync(join(place, "cert.pem")),
  });
  const before = connect(to(folder));
  await once(before, "secureConnect");
  copyFileSync(join(other, "key.pem"), join(folder, "key.pem"));
  assert.throws(() => readConfig(settings), /do not fit together/);
  copyFileSync(join(other, "cert.pem"), join(folder, "cert.pem"));
  const fresh = readConfig({ ...SETTINGS, ...settings });
  assert.deepEqual(gateway.reload(fresh), { applied: ["tls"], needRestart: [] });
  assert.equal((await send(gateway.url, other, "GET", "/time")).status, 200);
  assert.match(gateway.operatorUrl ?? "", /^https:/);
  const operator = await send(gateway.operatorUrl ?? "", other, "GET", "/operator/v1/accounts");
  assert.equal(operator.status, 401, "the operator's listener has it, too");
  before.write("GET /time HTTP/1.1\r\nHost: a\r\n\r\n");
  const [answer] = await once(before, "data");
  assert.match(String(answer), /^HTTP\/1\.1 200/);
  before.destroy();
});

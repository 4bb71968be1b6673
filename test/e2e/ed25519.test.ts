// A private key that never leaves its owner: made by the command line, registered by an operator,
// used by the client library over HTTP and over the stream, and by every command.
import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { CountermandClient } from "../../packages/client/src/index.ts";
import { runCommand } from "./command-line.ts";
import { KeyedGateway } from "./key-fixture.ts";
import { OPERATOR_TOKEN } from "./operator-client.ts";
import { BUY_REQUEST } from "./wire-orders.ts";

const TERMS = ["--account", "80114138", "--permission", "trade", "--reason", "new"];

async function setUp(t: TestContext) {
  const place = new KeyedGateway(t);
  const operator = await place.start();
  const environment = {
    COUNTERMAND_URL: place.url,
    COUNTERMAND_PROFILES: join(place.folder, "profiles.json"),
    COUNTERMAND_OPERATOR_URL: operator.url,
    COUNTERMAND_OPERATOR_TOKEN: OPERATOR_TOKEN,
    COUNTERMAND_OPERATOR: "kim",
  };
  const countermand = (args: readonly string[], input = "", more: object = {}) =>
    runCommand(args, { environment: { ...environment, ...more }, input });
  const file = join(place.folder, "key.pem");
  const generated = await countermand(["keys", "generate", file]);
  assert.equal(generated.code, 0, generated.errors);
  const publicKey = generated.output.trim();
  const made = await countermand(["--json", "keys", "create", ...TERMS, "--public-key", publicKey]);
  assert.equal(made.code, 0, made.errors);
  const { api_key: apiKey } = JSON.parse(made.output) as { readonly api_key: string };
  return { place, countermand, file, apiKey, publicKey };
}

test("ed25519: the client library signs requests and its stream", async (t) => {
  const { place, file, apiKey } = await setUp(t);
  const credentials = { apiKey, privateKey: readFileSync(file, "utf8") };
  const client = new CountermandClient({ baseUrl: place.url, credentials });
  const stream = client.stream();
  t.after(() => stream.close());
  const told: string[] = [];
  for await (const event of stream) {
    if (event.type === "snapshot") {
      const { order_no } = await client.place(BUY_REQUEST);
      assert.equal((await client.cancel({ order_no })).outcome, "cancelled");
    }
    if (event.type === "order") told.push(event.order.order_status);
    if (told.length === 2) break;
  }
  assert.deepEqual(told, ["new", "can"]);
  const page = await client.orders({ order_status: "can", page_size: 10 });
  assert.equal(page.total_records, 1);
});

test("ed25519: a private key is a profile as a secret is", async (t) => {
  const { countermand, file, apiKey, publicKey } = await setUp(t);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.equal((await countermand(["keys", "generate", file])).code, 2, "never overwritten");
  const pem = readFileSync(file, "utf8");
  const added = await countermand(["profiles", "add", "mine", "http://127.0.0.1:1", apiKey], pem);
  assert.equal(added.code, 0, added.errors);
  const listed = (await countermand(["profiles"])).output;
  assert.match(listed, new RegExp(`^mine +http.* +${apiKey} +ed25519$`, "m"));
  assert.ok(!listed.includes("PRIVATE"));
  const doctor = await countermand(["--profile", "mine", "doctor"]);
  // The gateway's clock stands still in this test, so that nothing is said of that.
  assert.match(doctor.output, /^ok +key: .*\nok +stream: /m);
  const pub = `@${file}`;
  const rotate = ["keys", "rotate", apiKey, "--public-key", pub, "--reason", "same"];
  const rotated = await countermand(["--json", ...rotate]);
  const shown = JSON.parse(rotated.output) as { readonly public_key: string };
  assert.ok(Buffer.from(publicKey, "base64").toString("hex").endsWith(hexOf(shown.public_key)));
  const wrong = await countermand(
    ["profiles", "add", "x", "http://127.0.0.1:1", "k"],
    "-----BEGIN RSA",
  );
  assert.equal(wrong.code, 2);
  assert.match(wrong.errors, /not an Ed25519 private key in PEM/);
  const broken = { COUNTERMAND_API_KEY: "k", COUNTERMAND_API_SECRET: "-----BEGIN nothing" };
  assert.equal((await countermand(["balance"], "", broken)).code, 2, "before anything is sent");
  const noKey = await countermand(["keys", "create", ...TERMS, "--public-key", `${pub}.none`]);
  assert.equal(noKey.code, 2);
});

/** The last 32 bytes of either form: the key itself. */
function hexOf(base64: string): string {
  return Buffer.from(base64, "base64").subarray(-32).toString("hex");
}

test("ed25519: the command line signs, and explains a signature", async (t) => {
  const { countermand, file, apiKey } = await setUp(t);
  await countermand(
    ["profiles", "add", "mine", "http://127.0.0.1:1", apiKey],
    readFileSync(file, "utf8"),
  );
  const mine = ["--profile", "mine"];
  const target = ["GET", "/trade/v1/orders?page_size=1", "--timestamp", "1746774142003"];
  const signed = await countermand([...mine, "--json", "sign", ...target]);
  const headers = JSON.parse(signed.output) as { readonly "X-API-Signature": string };
  const explain = async (signature: string, more: readonly string[] = []) => {
    return await countermand([...mine, "explain", ...target, "--signature", signature, ...more]);
  };
  const right = headers["X-API-Signature"];
  assert.equal((await explain(right)).code, 0);
  const hex = Buffer.from(right, "base64").toString("hex");
  assert.equal((await explain(hex)).code, 0);
  const other = await countermand([
    ...mine,
    "--json",
    "sign",
    "GET",
    "/trade/v1/orders",
    "--timestamp",
    "1746774142003",
  ]);
  const bare = JSON.parse(other.output) as { readonly "X-API-Signature": string };
  const left = await explain(bare["X-API-Signature"]);
  assert.equal(left.code, 1);
  assert.match(left.output, /The payload was left out/);
  const hmac = await explain("8Kcb7kOKQ1WSnea4VEvBwtIJQE+nLwFstzHtvktTiF0=");
  assert.match(hmac.output, /32 bytes were sent, as an HMAC gives them/);
  const secret = await countermand(["explain", ...target, "--signature", right]);
  assert.match(secret.output, /64 bytes were sent, as Ed25519 gives them/);
});

// Whether the time of a refusal tells what was wrong, and what a check costs. Cases in turn, so
// that whatever the machine does meets all alike. Run: `node bench/auth-timing.ts [rounds]`
import { createHmac, generateKeyPairSync, sign } from "node:crypto";
import { ControlState } from "../packages/core/src/control/index.ts";
import type { Account, UnixMs } from "../packages/core/src/model/index.ts";
import { Authenticator, type RawRequest } from "../packages/gateway/src/auth/authenticate.ts";
import { KeyStore } from "../packages/gateway/src/auth/key-store.ts";
import { MasterKey } from "../packages/gateway/src/auth/master-key.ts";
import { SANDBOX_KEYS } from "../packages/gateway/src/sandbox.ts";

const ROUNDS = Number(process.argv[2] ?? "20000");
const NOW = 1_746_774_142_003;
const TEXT = `GET|/trade/v1/orders|${NOW}|`;
const PAIR = generateKeyPairSync("ed25519");
const FOREIGN = generateKeyPairSync("ed25519");
const MASTER = new MasterKey(Buffer.alloc(32, 1));
const [DEMO] = SANDBOX_KEYS;
if (DEMO === undefined) throw new Error("the sandbox has keys");

const { keys } = new ControlState();
for (const [apiKey, isPublic] of [
  ["hmac", false],
  ["ed25519", true],
  ["rotated", false],
] as const) {
  const raw = PAIR.publicKey.export({ format: "der", type: "spki" }).subarray(12);
  const text = isPublic ? raw.toString("base64") : MASTER.seal(apiKey, "secret");
  const act = { atMs: 1 as UnixMs, operator: "bench", reason: "bench" };
  const terms = {
    apiKey,
    algorithm: isPublic ? "ed25519" : "hmac",
    accounts: ["80114138" as Account],
    permissions: ["read"],
    portfolioIds: null,
    addresses: null,
    label: "",
  } as const;
  keys.apply({ type: "KeyCreated", act, terms, expiresAtMs: null, credential: { text } });
  if (apiKey !== "rotated") continue;
  const credential = { text: MASTER.seal(apiKey, "new") };
  const previousUntilMs = (NOW + 1) as UnixMs;
  keys.apply({ type: "KeyRotated", act, apiKey, credential, previousUntilMs });
}
const store = new KeyStore(keys, { current: MASTER, previous: null });
store.add(DEMO.apiKey, DEMO.secret, DEMO.account);
let tick = 0;
const authenticator = new Authenticator({
  keys: store,
  wallMs: () => NOW,
  // Failures are forgotten at once: the bound on them is not what is measured.
  monotonicMs: () => (tick += 1_000),
  windowMs: () => 300_000,
});

const hmac = (secret: string) => createHmac("sha256", secret).update(TEXT).digest();
const wrong = sign(null, Buffer.from(TEXT), FOREIGN.privateKey);
const CASES: readonly (readonly [string, RawRequest])[] = [
  ["HMAC, good, demo key", request(DEMO.apiKey, hmac(DEMO.secret))],
  ["HMAC, good, made key", request("hmac", hmac("secret"))],
  ["HMAC, unknown key", request("nobody", hmac("wrong"))],
  ["HMAC, wrong signature", request("hmac", hmac("wrong"))],
  ["HMAC, wrong, rotated key", request("rotated", hmac("wrong"))],
  ["HMAC, wrong, Ed25519 key", request("ed25519", hmac("wrong"))],
  ["Ed25519, good", request("ed25519", sign(null, Buffer.from(TEXT), PAIR.privateKey))],
  ["Ed25519, unknown key", request("nobody", wrong)],
  ["Ed25519, wrong signature", request("ed25519", wrong)],
  ["Ed25519, wrong, HMAC key", request("hmac", wrong)],
];

const timesNs = CASES.map(() => new Float64Array(ROUNDS));
for (let round = -2_000; round < ROUNDS; round += 1) {
  for (const [index, [, raw]] of CASES.entries()) {
    const startNs = process.hrtime.bigint();
    authenticator.authenticate(raw);
    const tookNs = Number(process.hrtime.bigint() - startNs);
    const times = timesNs[index];
    if (round >= 0 && times !== undefined) times[round] = tookNs;
  }
}
process.stdout.write("case                          p25 us  median us   p75 us\n");
for (const [index, [name]] of CASES.entries()) {
  const sorted = (timesNs[index] ?? new Float64Array()).sort();
  const at = (part: number) => ((sorted[Math.floor(part * ROUNDS)] ?? 0) / 1_000).toFixed(1);
  const cells = [at(0.25), at(0.5), at(0.75)].map((cell) => cell.padStart(9)).join(" ");
  process.stdout.write(`${name.padEnd(26)} ${cells}\n`);
}

function request(apiKey: string, signature: Uint8Array): RawRequest {
  return {
    method: "GET",
    path: "/trade/v1/orders",
    rawQuery: "",
    headers: {
      "x-api-key": apiKey,
      "x-api-timestamp": String(NOW),
      "x-api-signature": Buffer.from(signature).toString("base64"),
    },
    body: new Uint8Array(0),
    socket: { remoteAddress: "127.0.0.1" },
  };
}

// Whether the time of a refusal tells what was wrong, and what a check costs. Cases in turn, so
// that whatever the machine does meets all alike. Run: `npx node bench/auth-timing.ts [rounds]`
import { generateKeyPairSync } from "node:crypto";
import { ControlState } from "../packages/core/src/control/index.ts";
import type { Account, UnixMs } from "../packages/core/src/model/index.ts";
import { Authenticator, type RawRequest } from "../packages/gateway/src/auth/authenticate.ts";
import {
  ed25519Signature,
  hmacSignature,
  NOW_MS,
  rawRequest,
} from "../packages/gateway/src/auth/authenticate-fixture.ts";
import { KeyStore } from "../packages/gateway/src/auth/key-store.ts";
import { MasterKey } from "../packages/gateway/src/auth/master-key.ts";
import { SANDBOX_KEYS } from "../packages/gateway/src/sandbox.ts";

const ROUNDS = Number(process.argv[2] ?? "20000");
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
  const previousUntilMs = (NOW_MS + 1) as UnixMs;
  keys.apply({ type: "KeyRotated", act, apiKey, credential, previousUntilMs });
}
const store = new KeyStore(keys, { current: MASTER, previous: null });
store.add(DEMO.apiKey, DEMO.secret, DEMO.account);
let tick = 0;
const authenticator = new Authenticator({
  keys: store,
  wallMs: () => NOW_MS,
  // Failures are forgotten at once: the bound on them is not what is measured.
  monotonicMs: () => (tick += 1_000),
  windowMs: () => 300_000,
});

const wrong = ed25519Signature(FOREIGN.privateKey);
const CASES: readonly (readonly [string, RawRequest])[] = [
  ["HMAC, good, demo key", rawRequest(DEMO.apiKey, hmacSignature(DEMO.secret))],
  ["HMAC, good, made key", rawRequest("hmac", hmacSignature("secret"))],
  ["HMAC, unknown key", rawRequest("nobody", hmacSignature("wrong"))],
  ["HMAC, wrong signature", rawRequest("hmac", hmacSignature("wrong"))],
  ["HMAC, wrong, rotated key", rawRequest("rotated", hmacSignature("wrong"))],
  ["HMAC, wrong, Ed25519 key", rawRequest("ed25519", hmacSignature("wrong"))],
  ["Ed25519, good", rawRequest("ed25519", ed25519Signature(PAIR.privateKey))],
  ["Ed25519, unknown key", rawRequest("nobody", wrong)],
  ["Ed25519, wrong signature", rawRequest("ed25519", wrong)],
  ["Ed25519, wrong, HMAC key", rawRequest("hmac", wrong)],
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

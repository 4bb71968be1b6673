// Many requests on one connection, good and bad, by a seed: `npm run hostile -- mixed` has more.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { selfSigned } from "../../packages/gateway/src/http/tls-fixture.ts";
import { temporaryFolder } from "../../packages/gateway/src/sys/temporary-folder-fixture.ts";
import { REAL_TIME, startInProcess } from "../e2e/gateway-in-process.ts";
import { plainDial, tlsDial } from "./http-conversation.ts";
import { playMixed } from "./mixed-run.ts";

const SEEDS = 30;
const TLS_SEEDS = 10;

async function play(t: TestContext, seeds: number, environment: Record<string, string> = {}) {
  const { url } = await startInProcess(t, REAL_TIME, environment);
  const port = Number(new URL(url).port);
  const dial = url.startsWith("https:") ? tlsDial(port) : plainDial(port);
  for (let seed = 1; seed <= seeds; seed += 1) {
    assert.equal(await playMixed(dial, url, seed), null, `seed ${seed}`);
  }
}

test(`mixed requests: each is answered in its turn or not at all, ${SEEDS} seeds`, (t) => {
  return play(t, SEEDS);
});

test(`mixed requests: over TLS as well, ${TLS_SEEDS} seeds`, (t) => {
  const folder = temporaryFolder(t);
  const [certFile, keyFile] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  const { cert, key } = selfSigned();
  writeFileSync(certFile, cert);
  writeFileSync(keyFile, key, { mode: 0o600 });
  return play(t, TLS_SEEDS, {
    COUNTERMAND_TLS_CERT_FILE: certFile,
    COUNTERMAND_TLS_KEY_FILE: keyFile,
  });
});

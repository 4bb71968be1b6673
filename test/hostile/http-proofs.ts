/** Request smuggling and slow clients in their long forms, against a gateway of its own process. */
import { readFileSync } from "node:fs";
import { atMost, CannotRun, type Figure, none, type Proof, reported } from "../e2e/crash/proof.ts";
import type { GatewayProcess } from "../e2e/gateway-process.ts";
import { OPERATOR_TOKEN } from "../e2e/operator-client.ts";
import { KEY_1, SignedClient } from "../e2e/signed-client.ts";
import { inPieces, plainDial } from "./http-conversation.ts";
import { playMixed } from "./mixed-run.ts";
import { operatorSite, operatorTarget } from "./operator-site.ts";
import { type Ended, SLOW_MS_MAX, slowClients, untilClosed } from "./slow-clients.ts";
import { runSmuggling, traderTarget } from "./smuggling-run.ts";
import { smugglingSet, smugglingSetAt } from "./smuggling-set.ts";

/** Lengths of the pieces that requests are cut into. */
const SHORT_PIECES = [1_000_000, 29];
const LONG_PIECES = [1_000_000, 1, 2, 3, 5, 7, 11, 17, 29, 53, 101, 211, 401];

const SLOW_MB_MAX = 100;

export const SMUGGLING: Proof = {
  name: "smuggling",
  about: "requests that two readers could frame differently, on every way through the gateway",
  run: async ({ isLong, place, progress }) => {
    const gateway = await place.gateway(place.path("data"), {
      COUNTERMAND_OPERATOR_PORT: "0",
      COUNTERMAND_OPERATOR_TOKEN: OPERATOR_TOKEN,
    });
    const operatorUrl = await gateway.seen("the operators' address", ({ stdout }) => {
      return /operator API (http:\/\/\S+)/.exec(stdout)?.[1] ?? null;
    });
    const [target, operators] = [traderTarget(gateway.url, KEY_1), operatorTarget(operatorUrl)];
    const faults: string[] = [];
    let count = 0;
    for (const length of isLong ? LONG_PIECES : SHORT_PIECES) {
      progress(`pieces of ${length} bytes`);
      const pieces = (bytes: Buffer): Buffer[] => inPieces(bytes, length);
      const cases = smugglingSet(KEY_1, `p${length}`);
      faults.push(...(await runSmuggling(target, cases, pieces)));
      const others = smugglingSetAt(operatorSite(KEY_1), `p${length}`);
      faults.push(...(await runSmuggling(operators, others, pieces)));
      count += cases.length + others.length;
    }
    return [
      reported("requests sent", String(count)),
      ...faults.map((fault) => ({ what: fault, figure: "", target: "", holds: false })),
      none("framed as no standard allows, answered twice, or acted on", faults.length),
    ];
  },
};

const MIXED_SHORT = 300;
const MIXED_LONG = 10_000;
/** Conversations behind which all orders are cancelled, so that the account can pay for others. */
const MIXED_STEP = 100;

export const MIXED: Proof = {
  name: "mixed",
  about:
    "many requests on one connection, good and bad, whole and in pieces, read to the end or not",
  run: async ({ isLong, place, progress, seed }) => {
    const gateway = await place.gateway(place.path("data"));
    const dial = plainDial(gateway.port);
    const count = isLong ? MIXED_LONG : MIXED_SHORT;
    const faults: string[] = [];
    for (let played = 0; played < count && faults.length < 10; played += 1) {
      const fault = await playMixed(dial, gateway.url, seed + played);
      if (fault !== null) faults.push(`seed ${seed + played}: ${fault}`);
      if (played % MIXED_STEP !== 0) continue;
      progress(`${played} of ${count} conversations`);
      const client = new SignedClient(gateway.url, KEY_1);
      await client.call("POST", "/trade/v1/orders/cancel/all", {});
      client.close();
    }
    return [
      reported("conversations, from this seed on", `${count}, ${seed}`),
      ...faults.map((fault) => ({ what: fault, figure: "", target: "", holds: false })),
      none("answered out of turn, not answered, done unasked or not done", faults.length),
    ];
  },
};

export const SLOW_CLIENTS: Proof = {
  name: "slow-clients",
  about: "clients that never end a request: how long each keeps its connection, and what they cost",
  run: async ({ isLong, place }) => {
    const gateway = await place.gateway(place.path("data"));
    // Half of what is measured would otherwise be code that is compiled the first time.
    await Promise.all(slowClients(KEY_1).map((client) => untilClosed(gateway.port, client)));
    const before = residentMb(gateway);
    const copies = isLong ? 63 : 8;
    const clients = Array.from({ length: copies }, () => slowClients(KEY_1)).flat();
    let most = before;
    const look = setInterval(() => {
      most = Math.max(most, residentMb(gateway));
    }, 250);
    const ended = Promise.all(clients.map((client) => untilClosed(gateway.port, client)));
    const asked = await latencyMs(gateway);
    const all = await ended;
    clearInterval(look);
    return figures(all, clients.length, most - before, asked);
  },
};

function figures(ended: readonly Ended[], count: number, mb: number, askedMs: number): Figure[] {
  const slowest = ended.toSorted((a, b) => b.ms - a.ms)[0];
  const seconds = (slowest?.ms ?? 0) / 1_000;
  return [
    reported("slow clients at a time", String(count)),
    atMost(`the last one closed (${slowest?.name})`, seconds, SLOW_MS_MAX / 1_000, "s"),
    atMost("memory they cost", mb, SLOW_MB_MAX, "MB"),
    reported("meanwhile: a signed list, slowest of 20", `${askedMs.toFixed(0)} ms`),
  ];
}

async function latencyMs(gateway: GatewayProcess): Promise<number> {
  const client = new SignedClient(gateway.url, KEY_1);
  let slowest = 0;
  for (let count = 0; count < 20; count += 1) {
    const startedMs = performance.now();
    await client.orders();
    slowest = Math.max(slowest, performance.now() - startedMs);
  }
  client.close();
  return slowest;
}

/** Megabytes that the process has in memory. */
export function residentMb(gateway: Pick<GatewayProcess, "pid">): number {
  if (process.platform !== "linux") throw new CannotRun("memory is read from /proc, as on Linux");
  const status = readFileSync(`/proc/${gateway.pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1_024;
}

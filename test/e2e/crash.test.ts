/**
 * Nothing that was answered is lost, and nothing is done twice, however often the gateway is
 * killed.
 *
 * Clients of both accounts place, cross, cancel and watch; the process is killed with SIGKILL at
 * random moments, also while it starts; what stayed unanswered is sent again byte for byte. In the
 * end every answer is compared with both streams and with the query.
 *
 * TEST_SEED repeats the choices of a run, KILLS sets the number of kills under load.
 */
import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { test } from "node:test";
import { assertQueryAgrees, audit } from "./crash/audit.ts";
import { type Account, Load, newAccounts } from "./crash/load.ts";
import { Random } from "./crash/random.ts";
import { type GatewayProcess, Workplace } from "./gateway-process.ts";
import { SignedClient } from "./signed-client.ts";
import { type Received, StreamClient } from "./stream-client.ts";

const SEED = Number(process.env["TEST_SEED"] ?? randomInt(2 ** 31));
const KILLS = Number(process.env["KILLS"] ?? 20);

/** A kill falls after so many sends, answers and pushes. */
const EVENTS_MIN = 30;
const EVENTS_SPREAD = 1_500;

/** One start in so many is killed before it is ready, within so many milliseconds. */
const STARTS_PER_KILL = 4;
const START_KILL_MS = 600;

/** One life in so many ends in silence: the state before and after is compared. */
const LIVES_PER_COMPARISON = 5;

/** A hang is a failure too, but only long after the slowest machine would be done. */
const TIMEOUT_MS = 120_000 + KILLS * 15_000;

test(`crash: ${KILLS} kills under load`, { timeout: TIMEOUT_MS }, async (t) => {
  const place = Workplace.of(t);
  const random = new Random(SEED);
  const accounts = newAccounts(random);
  const startMs: number[] = [];
  try {
    for (let kill = 1; kill <= KILLS; kill += 1) {
      if (random.oneIn(STARTS_PER_KILL)) await killWhileStarting(place, random);
      const gateway = await start(place, startMs);
      await killUnderLoad(gateway, accounts, random);
      if (kill % LIVES_PER_COMPARISON === 0) await compareStates(place, accounts, startMs);
    }
    const gateway = await start(place, startMs);
    await finish(gateway, accounts);
    const counts = audit(accounts);
    t.diagnostic(`after ${KILLS} kills: ${JSON.stringify(counts)}`);
    assert.ok(counts.fills > KILLS && counts.cancels > KILLS, "the load did something");
  } catch (error) {
    throw new Error(`run again with TEST_SEED=${SEED} KILLS=${KILLS}`, { cause: error });
  }
  const [fastest, slowest] = [Math.min(...startMs), Math.max(...startMs)].map(Math.round);
  t.diagnostic(`ready ${fastest} to ${slowest} ms after the process was started`);
});

async function start(place: Workplace, startMs: number[]): Promise<GatewayProcess> {
  const gateway = await place.gateway(place.path("data"));
  startMs.push(gateway.readyMs);
  return gateway;
}

async function killWhileStarting(place: Workplace, random: Random): Promise<void> {
  const gateway = place.launch(place.path("data"));
  // Not a wait for anything: the moment of the kill is the input of this test.
  await new Promise((resolve) => setTimeout(resolve, random.below(START_KILL_MS)));
  await gateway.crash();
}

async function killUnderLoad(
  gateway: GatewayProcess,
  accounts: readonly Account[],
  random: Random,
): Promise<void> {
  let eventsLeft = EVENTS_MIN + random.below(EVENTS_SPREAD);
  let load: Load | null = null;
  const onEvent = (): void => {
    eventsLeft -= 1;
    if (eventsLeft !== 0) return;
    load?.gatewayDies();
    gateway.kill("SIGKILL");
  };
  load = new Load(gateway.url, accounts, onEvent);
  await load.begin();
  await Promise.race([gateway.exited, load.failed]);
  assert.equal(gateway.exit?.signal, "SIGKILL", gateway.stderr);
  await load.end();
}

/** The whole state is the same after a kill and a replay. */
async function compareStates(
  place: Workplace,
  accounts: readonly Account[],
  startMs: number[],
): Promise<void> {
  const before = await start(place, startMs);
  await quiesced(before, accounts);
  const stateBefore = await before.state();
  await before.crash();
  const after = await start(place, startMs);
  assert.deepEqual(await after.state(), stateBefore);
  await after.crash();
}

async function quiesced(gateway: GatewayProcess, accounts: readonly Account[]): Promise<void> {
  const load = new Load(gateway.url, accounts, () => undefined);
  await load.begin();
  await load.end();
}

/** All is answered; the stream read again from 0 and the query agree with what was seen. */
async function finish(gateway: GatewayProcess, accounts: readonly Account[]): Promise<void> {
  await quiesced(gateway, accounts);
  for (const account of accounts) {
    assert.deepEqual(account.unanswered, []);
    const client = new SignedClient(gateway.url, account.key);
    await account.catchUp(gateway.url);
    await assertSameFromZero(gateway, account);
    assertQueryAgrees(account, await client.orders());
    client.close();
  }
}

async function assertSameFromZero(gateway: GatewayProcess, account: Account): Promise<void> {
  const { key, pushes } = account;
  let seq = 0;
  await new Promise<void>((resolve, reject) => {
    const onReceived = ({ text, message }: Received): void => {
      if (message.type === "heartbeat") return;
      seq += 1;
      if (text !== pushes[seq - 1]) reject(new Error(`${text} was ${pushes[seq - 1]} before`));
      if (seq === pushes.length) resolve();
    };
    const options = { onReceived, keep: false };
    StreamClient.open(gateway.url, key, "after_seq=0", options).then(
      async (stream) => reject(new Error(`closed at ${seq}: ${(await stream.closed).code}`)),
      reject,
    );
  });
}

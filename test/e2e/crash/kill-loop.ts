/**
 * Kills the gateway again and again under the load of 32 clients. Clients of both accounts place,
 * cross, amend, cancel and watch; the process is killed with SIGKILL at random moments, also while
 * it starts; what stayed unanswered is sent again byte for byte. In the end every answer is
 * compared with both streams and with the query.
 */
import assert from "node:assert/strict";
import type { GatewayProcess, Workplace } from "../gateway-process.ts";
import { SignedClient } from "../signed-client.ts";
import { type Received, StreamClient } from "../stream-client.ts";
import { type AuditCounts, assertQueryAgrees, audit } from "./audit.ts";
import { type Account, Load, newAccounts } from "./load.ts";
import { all, atMost, type Figure, median, none, type Proof, reported } from "./proof.ts";
import { Random } from "./random.ts";

/** A kill falls after so many sends, answers and pushes. */
const EVENTS_MIN = 30;
const EVENTS_SPREAD = 1_500;

/** One start in so many is killed before it is ready, within so many milliseconds. */
const STARTS_PER_KILL = 4;
const START_KILL_MS = 600;

/** One life in so many ends in silence: the state before and after is compared. */
const LIVES_PER_COMPARISON = 5;

const KILLS_SHORT = 20;
const KILLS_LONG = 1_000;
const READY_SECONDS_MAX = 2;

export interface KillLoopOptions {
  readonly kills: number;
  readonly seed: number;
  readonly place: Workplace;
  readonly progress?: (text: string) => void;
}

export interface KillLoopResult extends AuditCounts {
  /** How long each start took, milliseconds. */
  readonly readyMs: readonly number[];
  readonly answered: number;
  /** Sends that the death of the gateway left without an answer. */
  readonly unknown: number;
  readonly pushes: number;
  /** Restarts with nothing under way whose state hash was compared; all were equal. */
  readonly comparedStates: number;
}

export const KILL_LOOP: Proof = {
  name: "kill",
  about: "kill -9 under 32 clients: nothing that was told is lost, nothing is done twice",
  run: async ({ isLong, seed, place, progress }) => {
    const kills = Number(process.env["KILLS"] ?? (isLong ? KILLS_LONG : KILLS_SHORT));
    const result = await runKillLoop({ kills, seed, place, progress });
    return figuresOf(kills, result, isLong);
  },
};

/** What was lost or doubled has thrown already: a loop that ends has counted none. */
function figuresOf(kills: number, result: KillLoopResult, isLong: boolean): Figure[] {
  const { answered, unknown, pushes, readyMs, comparedStates } = result;
  const { orders, fills, cancels, amends } = result;
  const seconds = readyMs.map((each) => each / 1_000);
  return [
    reported("kills", String(kills)),
    reported("answers, pushes", `${answered}, ${pushes}`),
    reported("sends that a kill left unanswered, and were repeated", String(unknown)),
    reported("orders, fills, cancels, amends", `${orders}, ${fills}, ${cancels}, ${amends}`),
    none("acknowledged writes and pushes lost", 0),
    none("writes done twice", 0),
    all("state hashes equal after a kill and a replay", comparedStates, comparedStates),
    readyAgain(median(seconds), isLong),
    reported("ready again, slowest start", `${Math.max(...seconds).toFixed(2)} s`),
  ];
}

/** The short form runs beside other work, which a start waits for more than for anything else. */
function readyAgain(seconds: number, isLong: boolean): Figure {
  const figure = atMost("ready again, median", seconds, READY_SECONDS_MAX, "s");
  return isLong ? figure : { ...figure, holds: null };
}

/** Throws at the first contradiction. */
export async function runKillLoop(options: KillLoopOptions): Promise<KillLoopResult> {
  const loop = new KillLoop(options);
  try {
    return await loop.run();
  } catch (error) {
    const { seed, kills } = options;
    throw new Error(`run again with TEST_SEED=${seed} KILLS=${kills}`, { cause: error });
  }
}

class KillLoop {
  readonly #options: KillLoopOptions;
  readonly #random: Random;
  readonly #accounts: readonly Account[];
  readonly #readyMs: number[] = [];
  #comparedStates = 0;

  constructor(options: KillLoopOptions) {
    this.#options = options;
    this.#random = new Random(options.seed);
    this.#accounts = newAccounts(this.#random);
  }

  async run(): Promise<KillLoopResult> {
    const { kills, progress } = this.#options;
    for (let kill = 1; kill <= kills; kill += 1) {
      if (this.#random.oneIn(STARTS_PER_KILL)) await this.#killWhileStarting();
      await this.#killUnderLoad(await this.#start());
      if (kill % LIVES_PER_COMPARISON === 0) await this.#compareStates();
      progress?.(`${kill} of ${kills} kills`);
    }
    await this.#finish(await this.#start());
    const counts = audit(this.#accounts);
    const sum = (of: (account: Account) => number) => {
      return this.#accounts.reduce((total, account) => total + of(account), 0);
    };
    return {
      ...counts,
      readyMs: this.#readyMs,
      answered: sum(({ answerCount }) => answerCount),
      unknown: sum(({ unknownCount }) => unknownCount),
      pushes: sum(({ pushes }) => pushes.length),
      comparedStates: this.#comparedStates,
    };
  }

  get #dataDir(): string {
    return this.#options.place.path("data");
  }

  async #start(): Promise<GatewayProcess> {
    const gateway = await this.#options.place.gateway(this.#dataDir);
    this.#readyMs.push(gateway.readyMs);
    return gateway;
  }

  async #killWhileStarting(): Promise<void> {
    const gateway = this.#options.place.launch(this.#dataDir);
    // Not a wait for anything: the moment of the kill is the input of this test.
    await new Promise((resolve) => setTimeout(resolve, this.#random.below(START_KILL_MS)));
    await gateway.crash();
  }

  async #killUnderLoad(gateway: GatewayProcess): Promise<void> {
    let eventsLeft = EVENTS_MIN + this.#random.below(EVENTS_SPREAD);
    let load: Load | null = null;
    const onEvent = (): void => {
      eventsLeft -= 1;
      if (eventsLeft !== 0) return;
      load?.gatewayDies();
      gateway.kill("SIGKILL");
    };
    load = new Load(gateway.url, this.#accounts, onEvent);
    await load.begin();
    await Promise.race([gateway.exited, load.failed]);
    assert.equal(gateway.exit?.signal, "SIGKILL", gateway.stderr);
    await load.end();
  }

  /** The whole state is the same after a kill and a replay. */
  async #compareStates(): Promise<void> {
    const before = await this.#start();
    await this.#quiesced(before);
    const stateBefore = await before.state();
    await before.crash();
    const after = await this.#start();
    assert.deepEqual(await after.state(), stateBefore);
    await after.crash();
    this.#comparedStates += 1;
  }

  async #quiesced(gateway: GatewayProcess): Promise<void> {
    const load = new Load(gateway.url, this.#accounts, () => undefined);
    await load.begin();
    await load.end();
  }

  /** All is answered; the stream read again from 0 and the query agree with what was seen. */
  async #finish(gateway: GatewayProcess): Promise<void> {
    await this.#quiesced(gateway);
    for (const account of this.#accounts) {
      assert.deepEqual(account.unanswered, []);
      const client = new SignedClient(gateway.url, account.key);
      await account.catchUp(gateway.url);
      await assertSameFromZero(gateway, account);
      assertQueryAgrees(account, await client.orders());
      client.close();
    }
    await gateway.crash();
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

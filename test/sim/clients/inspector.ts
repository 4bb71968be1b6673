/** A simulated operator who only looks: at accounts, instruments, limits and keys. */
import type { LimitScope } from "../oracle/limits.ts";
import type { Random } from "../world/random.ts";
import type { World } from "../world/world.ts";
import { HttpClient } from "./http-client.ts";
import { OPERATOR_PORT, operatorHead } from "./operator-line.ts";
import { KEYS, type Sent } from "./requests.ts";
import { Rounds } from "./rounds.ts";

export const KEY_LISTS = ["active", "expired", "revoked", "all"] as const;

export type Inspection =
  | { readonly of: "accounts"; readonly page: number; readonly size: number }
  | { readonly of: "account"; readonly account: string }
  | { readonly of: "instruments" }
  | { readonly of: "limits"; readonly page: number; readonly size: number }
  | { readonly of: "limitsOf"; readonly scope: LimitScope; readonly name: string }
  | { readonly of: "keys"; readonly state: (typeof KEY_LISTS)[number] }
  | { readonly of: "key"; readonly apiKey: string };

export interface InspectorOptions {
  readonly world: World;
  readonly random: Random;
  /** Those that there may be by now. */
  readonly accounts: () => readonly string[];
  readonly apiKeys: () => readonly string[];
  /** Before it is sent; called back with its answer, or null where there is none. */
  readonly asking: (inspection: Inspection) => (text: string | null) => void;
}

/** Nobody's account or key. */
export const NOBODY = "nobody";

export class Inspector {
  readonly #options: InspectorOptions;
  readonly #http: HttpClient;
  readonly rounds: Rounds;
  #askedCount = 0;

  constructor(options: InspectorOptions) {
    this.#options = options;
    const { random, world } = options;
    this.#http = new HttpClient(world, OPERATOR_PORT);
    this.rounds = new Rounds({
      world,
      pauseMs: () => random.fraction() * THINK_MS_MAX,
      act: () => this.#ask(this.#inspection()),
    });
  }

  async #ask(inspection: Inspection): Promise<void> {
    this.#askedCount += 1;
    const id = `inspection-${this.#askedCount}`;
    const target = targetOf(inspection);
    this.#options.world.tell(`${id} GET ${target}`);
    const bytes = Buffer.from(`${operatorHead("GET", target).join("\r\n")}\r\n\r\n`);
    const request: Sent = { id, bytes, answers: [] };
    const answered = this.#options.asking(inspection);
    await this.#http.send(request);
    answered(request.answers[0]?.text ?? null);
  }

  #inspection(): Inspection {
    const { accounts, apiKeys, random } = this.#options;
    const page = { page: random.pick([1, 1, 2]), size: random.pick([1, 2, 100]) };
    const of = random.weighted(OFTEN);
    switch (of) {
      case "accounts":
        return { of, ...page };
      case "account":
        return { of, account: random.pick([...accounts(), ...accounts(), NOBODY]) };
      case "instruments":
        return { of };
      case "limits":
        return { of, ...page };
      case "limitsOf": {
        const { account, apiKey } = random.pick(KEYS);
        const scope = random.pick(["account", "key"] as const);
        const name = random.chance(0.1) ? NOBODY : scope === "account" ? account : apiKey;
        return { of, scope, name };
      }
      case "keys":
        return { of, state: random.pick(KEY_LISTS) };
      case "key":
        return { of, apiKey: random.pick([...apiKeys(), NOBODY]) };
    }
  }
}

function targetOf(inspection: Inspection): string {
  const base = "/operator/v1";
  switch (inspection.of) {
    case "accounts":
    case "limits": {
      const { of, page, size } = inspection;
      return `${base}/${of}?page_index=${page}&page_size=${size}`;
    }
    case "account":
      return `${base}/accounts/${inspection.account}`;
    case "instruments":
      return `${base}/instruments`;
    case "limitsOf":
      return `${base}/limits/${inspection.scope}s/${inspection.name}`;
    case "keys":
      return `${base}/keys?state=${inspection.state}`;
    case "key":
      return `${base}/keys/${inspection.apiKey}`;
  }
}

const OFTEN = {
  accounts: 3,
  account: 3,
  instruments: 3,
  limits: 2,
  limitsOf: 2,
  keys: 3,
  key: 2,
} as const;

/** Between an answer and the next question. */
const THINK_MS_MAX = 300;

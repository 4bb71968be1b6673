/** An operator's connection: asks with the same bytes until it is answered. */
import type { Deed } from "../oracle/control-view.ts";
import type { World } from "../world/world.ts";
import { HttpClient } from "./http-client.ts";
import type { Sent } from "./requests.ts";

export const OPERATOR_TOKEN = "simulated-operator-0123456789abcdef0123456789abcdef";
export const OPERATOR_PORT = 8_001;

export interface OperatorLineOptions {
  readonly world: World;
  readonly nextId: () => string;
  /** Before that is asked for, once, as whatever the reason says. */
  readonly onDeed: (reason: string, deed: Deed) => void;
}

interface How {
  readonly id?: string;
  readonly method?: string;
}

export class OperatorLine {
  readonly #options: OperatorLineOptions;
  readonly #http: HttpClient;

  constructor(options: OperatorLineOptions) {
    this.#options = options;
    this.#http = new HttpClient(options.world, OPERATOR_PORT);
  }

  look(path: string): Promise<string> {
    return this.ask(path, null, { method: "GET" });
  }

  /** What changes keys, limits or instruments: its reason is its own, so that it is known by it. */
  act(deed: Deed, path: string, body: object, how: How = {}): Promise<string> {
    const { nextId, onDeed } = this.#options;
    const { id = nextId(), ...others } = how;
    onDeed(id, deed);
    return this.ask(path, { reason: id, ...body }, { id, ...others });
  }

  /** The idempotency key makes them one request. */
  async ask(path: string, body: object | null, how: How = {}): Promise<string> {
    const { nextId, world } = this.#options;
    const { id = nextId(), method = "POST" } = how;
    const content = body === null ? "" : JSON.stringify(body);
    const lines = [
      ...operatorHead(method, path),
      ...(body === null
        ? []
        : [
            `Idempotency-Key: ${id}`,
            "Content-Type: application/json",
            `Content-Length: ${Buffer.byteLength(content)}`,
          ]),
    ];
    world.tell(`${id} operator ${method} ${path} ${content}`);
    const bytes = Buffer.from(`${lines.join("\r\n")}\r\n\r\n${content}`);
    const request: Sent = { id, bytes, answers: [] };
    for (;;) {
      await this.#http.send(request);
      const text = request.answers.at(-1)?.text ?? "";
      if (text.startsWith('{"code":0,') || RIGHT_REFUSAL.test(text)) return text;
      if (text !== "" && !text.includes('"retryable":true')) {
        throw new Error(`an operator is refused: ${text}`);
      }
      request.answers.length = 0;
      await world.sleep(20);
    }
  }
}

/** The lines with which each request of an operator begins. */
export function operatorHead(method: string, path: string): readonly string[] {
  return [
    `${method} ${path} HTTP/1.1`,
    "Host: sim",
    `Authorization: Bearer ${OPERATOR_TOKEN}`,
    "X-Operator: sim",
  ];
}

const RIGHT_REFUSAL =
  /"reason":"(insufficient_|account_not_empty|orders_do_not_fit|unknown_order|key_ended|limits_changed)/;

/** The operator API as an operator uses it, for tests: each answer is held to the document. */
import { assertDescribed } from "./operator-document.ts";

export const OPERATOR_TOKEN = "0123456789abcdef0123456789abcdef";

export interface OperatorAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly code: number;
  readonly reason: string;
  readonly details: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  readonly data: any;
}

export interface BlockView {
  readonly block_id: number;
  readonly state: string;
  readonly kill: {
    readonly state: string;
    readonly done: number;
    readonly already: number;
    readonly too_late: number;
    readonly failed: number;
    readonly left: number;
  } | null;
}

export class OperatorClient {
  readonly url: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #check: typeof assertDescribed;

  /** @param check of each answer; the first one of its kind takes a tenth of a second to make */
  constructor(
    url: string,
    headers: Readonly<Record<string, string>> = {},
    check: typeof assertDescribed = assertDescribed,
  ) {
    this.#check = check;
    this.url = url;
    this.#headers = { Authorization: `Bearer ${OPERATOR_TOKEN}`, "X-Operator": "kim", ...headers };
  }

  get(path: string): Promise<OperatorAnswer> {
    return this.send("GET", path, null);
  }

  post(path: string, body: object, headers: Record<string, string> = {}): Promise<OperatorAnswer> {
    const text = JSON.stringify(body);
    return this.send("POST", path, text, { "Content-Type": "application/json", ...headers });
  }

  async send(
    method: string,
    path: string,
    body: string | null,
    headers: Record<string, string> = {},
  ): Promise<OperatorAnswer> {
    const response = await fetch(`${this.url}/operator/v1/${path}`, {
      method,
      body,
      headers: { ...this.#headers, ...headers },
    });
    const answer = JSON.parse(await response.text()) as Omit<OperatorAnswer, "status" | "headers">;
    this.#check(`${method} /operator/v1/${path}`, response.status, answer);
    return { ...answer, status: response.status, headers: response.headers };
  }

  /** Polls a block until its kill has nothing left. */
  async killed(blockId: number): Promise<BlockView> {
    for (;;) {
      const { data } = await this.get(`blocks/${blockId}`);
      const block = data as BlockView;
      if (block.kill?.state === "finished") return block;
    }
  }
}

/** A browser that has a console open, as the gateway sees it: traders' or operators'. */
import { WebSocket } from "ws";

export const SESSION = "/console/v1/session";
export const PREVIEW = `${SESSION}/preview`;

export interface Asked {
  readonly status: number;
  readonly reason: string;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  readonly data: any;
}

/** A browser on one origin: it keeps its cookie, and says where its page is from. */
export class ConsoleBrowser {
  readonly url: string;
  cookie = "";
  csrfToken = "";

  constructor(url: string) {
    this.url = url;
  }

  async ask(
    method: string,
    path: string,
    body?: object,
    headers: Record<string, string> = {},
  ): Promise<Asked> {
    const response = await fetch(this.url + path, {
      method,
      headers: {
        ...(this.cookie !== "" && { Cookie: this.cookie }),
        ...(method !== "GET" && { Origin: this.url, "X-CSRF-Token": this.csrfToken }),
        ...(body !== undefined && { "Content-Type": "application/json" }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const answer = (await response.json()) as { reason?: string; data?: unknown };
    const { status } = response;
    return { status, reason: answer.reason ?? "", data: answer.data, headers: response.headers };
  }

  async signIn(code: string): Promise<Asked> {
    const answer = await this.ask("POST", SESSION, { sign_in_code: code });
    this.cookie = (answer.headers.get("set-cookie") ?? "").split(";", 1)[0] ?? "";
    this.csrfToken = answer.data?.csrf_token ?? "";
    return answer;
  }

  /** Opens the stream; resolves with the socket, or with the status that refused it. */
  stream(query: string, headers: Record<string, string> = {}): Promise<WebSocket | number> {
    const url = `${this.url.replace("http", "ws")}/console/v1/stream?${query}`;
    const all = { Cookie: this.cookie, Origin: this.url, ...headers };
    const socket = new WebSocket(url, { headers: all });
    return new Promise((resolve, reject) => {
      socket.on("open", () => resolve(socket));
      socket.on("unexpected-response", (_request, response) => resolve(response.statusCode ?? 0));
      socket.on("error", reject);
    });
  }
}

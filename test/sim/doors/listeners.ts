/** `http/listeners.ts` of a simulated process: the world's network needs one alone. */
import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";

export class Listeners {
  readonly #server: Server;

  constructor(server: Server) {
    this.#server = server;
  }

  async listen(host: string, port: number): Promise<AddressInfo> {
    this.#server.listen({ host, port });
    await once(this.#server, "listening");
    return this.#server.address() as AddressInfo;
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}

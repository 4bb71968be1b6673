/**
 * The listeners of a server: several on one port, where the system shares it among them (Linux).
 * Node takes one new connection of a listener in a turn of its event loop. Under load a turn lasts
 * for tens of milliseconds, so one listener alone would let thousands that come back after a cut
 * wait for a minute, and a client that opens a connection for its cancel as well.
 *
 * Owns every listener but that of the server itself, and counts the connections of all.
 */
import type { Server } from "node:http";
import { type AddressInfo, createServer, type Server as NetServer, type Socket } from "node:net";
import { LISTEN_BACKLOG, LISTENERS } from "./limits.ts";

export class Listeners {
  readonly #server: Server;
  readonly #connectionsMax: number;
  readonly #others: NetServer[] = [];
  /** Held while this process listens, so that no other gateway shares its port. */
  #claim: NetServer | null = null;
  #connectionCount = 0;

  /** Precondition: the server has no connections. */
  constructor(server: Server, connectionsMax: number) {
    this.#server = server;
    this.#connectionsMax = connectionsMax;
    this.#limit(server);
    server.on("connection", (socket: Socket) => {
      this.#connectionCount += 1;
      socket.once("close", () => {
        this.#connectionCount -= 1;
      });
    });
  }

  /**
   * Resolves with the address that clients use. Rejects with a listener's error: then none listens
   * any more.
   */
  async listen(host: string, port: number): Promise<AddressInfo> {
    try {
      if (!(await this.#mayShare(host, port))) return await listening(this.#server, { host, port });
      const address = await listening(this.#server, { host, port, reusePort: true });
      while (this.#others.length + 1 < LISTENERS) await this.#listenBeside(address);
      return address;
    } catch (error) {
      // Not awaited: whoever has connected by now may stay.
      void this.close();
      throw error;
    }
  }

  /** Takes no new connection; resolves when those that were open have ended. */
  async close(): Promise<void> {
    const others = [...this.#others, ...(this.#claim === null ? [] : [this.#claim])];
    await Promise.all([this.#server, ...others].map(closed));
  }

  /**
   * Whether the port may be shared, and will be by this process alone. Who shares a port lets any
   * other process of this user share it, a second gateway for one; so it has to be free before, and
   * a name that only one process can have keeps two apart that start at once. A port of the
   * system's choice is always a free one.
   */
  async #mayShare(host: string, port: number): Promise<boolean> {
    if (process.platform !== "linux" || !(await sharesPorts(host))) return false;
    if (port === 0) return true;
    // Nothing is said there, and who stayed would keep it from closing.
    const claim = createServer((socket) => socket.destroy());
    try {
      await listening(claim, { path: `\0countermand ${host} ${port}` });
    } catch (error) {
      if (codeOf(error) === "EADDRINUSE") throw inUse(host, port);
      return false; // The system gives this process no such names.
    }
    this.#claim = claim;
    const trial = createServer();
    await listening(trial, { host, port });
    await closed(trial);
    return true;
  }

  async #listenBeside({ address, port }: AddressInfo): Promise<void> {
    // As node:http makes its own: see `connection` in its documentation for those given to it.
    const other = createServer({ allowHalfOpen: true, noDelay: true });
    this.#others.push(other);
    this.#limit(other);
    other.on("connection", (socket) => this.#server.emit("connection", socket));
    await listening(other, { host: address, port, reusePort: true });
    other.on("error", (error) => this.#server.emit("error", error));
  }

  /** Node asks at each new connection, and closes it when its listener has as many. */
  #limit(listener: NetServer): void {
    Object.defineProperty(listener, "maxConnections", {
      get: () => (this.#connectionCount < this.#connectionsMax ? undefined : NONE),
    });
  }
}

/** Less than any listener has. 0 would be no limit. */
const NONE = -1;

type Place =
  | { readonly host: string; readonly port: number; readonly reusePort?: boolean }
  | { readonly path: string };

async function listening(listener: NetServer, place: Place): Promise<AddressInfo> {
  await new Promise<void>((resolve, reject) => {
    listener.once("error", reject);
    listener.listen({ ...place, backlog: LISTEN_BACKLOG }, () => {
      listener.off("error", reject);
      resolve();
    });
  });
  return listener.address() as AddressInfo;
}

/** Whether this system does; what else is wrong with the host is said by who listens there. */
async function sharesPorts(host: string): Promise<boolean> {
  const trial = createServer();
  const shares = await listening(trial, { host, port: 0, reusePort: true }).then(
    () => true,
    () => false,
  );
  await closed(trial);
  return shares;
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : null;
}

function inUse(address: string, port: number): NodeJS.ErrnoException {
  const problem = new Error(`listen EADDRINUSE: address already in use ${address}:${port}`);
  return Object.assign(problem, { code: "EADDRINUSE", syscall: "listen", address, port });
}

/** Also of one that never listened. */
function closed(listener: NetServer): Promise<void> {
  return new Promise((resolve) => listener.close(() => resolve()));
}

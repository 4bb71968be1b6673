/** A gateway that is restarted, behind a way to it that is cut: for clients that resume. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { Gateway } from "../../packages/gateway/src/gateway.ts";
import { REAL_TIME, startGateway } from "./gateway-in-process.ts";

/** A gateway that can be stopped and started again on its data. */
class Restartable {
  readonly #folder = mkdtempSync(join(tmpdir(), "countermand-"));
  #gateway: Gateway | null = null;

  constructor(t: TestContext) {
    t.after(async () => {
      await this.stop();
      rmSync(this.#folder, { recursive: true, force: true });
    });
  }

  /** Where it listens now. */
  get port(): number {
    assert.ok(this.#gateway !== null, "the gateway runs");
    return Number(new URL(this.#gateway.url).port);
  }

  async start(): Promise<void> {
    this.#gateway = await startGateway(REAL_TIME, { COUNTERMAND_DATA_DIR: this.#folder });
  }

  async stop(): Promise<void> {
    const gateway = this.#gateway;
    this.#gateway = null;
    await gateway?.stop();
  }
}

/** A way to the gateway that can be cut, and that knows how to lose answers. */
class Wire {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Null: nobody is let through. */
  target: number | null = null;
  /** Answers to lose: the connection is cut when one comes. */
  answersToLose = 0;

  private constructor(t: TestContext) {
    this.#server = createServer((client) => this.#through(client));
    t.after(() => {
      this.#server.close();
      this.cut();
    });
  }

  static async open(t: TestContext): Promise<Wire> {
    const wire = new Wire(t);
    await new Promise<void>((resolve) => wire.#server.listen(0, "127.0.0.1", resolve));
    return wire;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #through(client: Socket): void {
    if (this.target === null) {
      client.destroy();
      return;
    }
    const gateway = connect(this.target, "127.0.0.1");
    for (const socket of [client, gateway]) {
      this.#sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        this.#sockets.delete(socket);
        client.destroy();
        gateway.destroy();
      });
    }
    client.pipe(gateway);
    gateway.on("data", (bytes) => {
      if (this.answersToLose > 0 && bytes.includes("HTTP/1.1 200")) {
        this.answersToLose -= 1;
        client.destroy();
        return;
      }
      client.write(bytes);
    });
  }
}

/** A gateway, a way to it, and what restarts the one while the other lets nobody through. */
export async function behindCutWire(t: TestContext) {
  const gateway = new Restartable(t);
  await gateway.start();
  const wire = await Wire.open(t);
  wire.target = gateway.port;
  const restart = async (): Promise<void> => {
    wire.target = null;
    wire.cut();
    await gateway.stop();
    await gateway.start();
    wire.target = gateway.port;
  };
  return { wire, restart };
}

/**
 * The connections of the operators' listener. Where all places are taken, whoever has not shown who
 * he is makes room: strangers must not keep operators from the kill switch by being there first.
 */
import type { Server } from "node:http";
import type { Socket } from "node:net";

interface Connection {
  readonly socket: Socket;
  isStranger: boolean;
}

export class OperatorConnections {
  readonly #max: number;
  /** By its two ends, oldest first: with TLS a request has another socket than the listener. */
  readonly #open = new Map<string, Connection>();

  /** Precondition: the server has no connections. */
  constructor(server: Server, max: number) {
    this.#max = max;
    server.prependListener("connection", (socket: Socket) => this.#take(socket));
  }

  /** A request of this connection has shown who sends it. */
  known(socket: Socket): void {
    const connection = this.#open.get(endsOf(socket));
    if (connection !== undefined) connection.isStranger = false;
  }

  #take(socket: Socket): void {
    const ends = endsOf(socket);
    this.#open.set(ends, { socket, isStranger: true });
    socket.once("close", () => {
      if (this.#open.get(ends)?.socket === socket) this.#open.delete(ends);
    });
    if (this.#open.size > this.#max) this.#dropStranger();
  }

  /** The new one itself where everybody else is known. */
  #dropStranger(): void {
    for (const [ends, { socket, isStranger }] of this.#open) {
      if (!isStranger) continue;
      this.#open.delete(ends);
      socket.destroy();
      return;
    }
  }
}

function endsOf({ localAddress, localPort, remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`;
}

/** An order stream for tests: its sockets, its timers and its messages. */
import { ServerClock } from "./clock.ts";
import { OrderStream, type OrderStreamOptions } from "./order-stream.ts";
import { Signer } from "./sign.ts";
import type { SocketListener } from "./socket.ts";

export interface Connection {
  readonly query: string;
  readonly listener: SocketListener;
  closedWith: number | null;
}

/** A stream whose sockets and timers are the test's. */
export function harness(
  options: OrderStreamOptions = {},
  probe: (signal: AbortSignal) => Promise<void> = async () => {},
) {
  const connections: Connection[] = [];
  const timers = new Set<{ readonly ms: number; readonly run: () => void }>();
  const waiting: (() => void)[] = [];
  const stream = new OrderStream(
    {
      baseUrl: "http://gateway",
      clock: new ServerClock(() => 1_746_774_142_000),
      signer: new Signer({ apiKey: "demo-key", secret: "demo-secret" }),
      measureClock: async () => {},
      probe,
    },
    {
      ...options,
      after: (ms, run) => {
        const timer = { ms, run };
        timers.add(timer);
        return { cancel: () => timers.delete(timer) };
      },
      openSocket: (url, _headers, listener) => {
        const connection: Connection = {
          query: url.split("?")[1] ?? "",
          listener,
          closedWith: null,
        };
        connections.push(connection);
        for (const go of waiting.splice(0)) go();
        return {
          send: () => {},
          close: (code) => {
            connection.closedWith = code;
          },
        };
      },
    },
  );
  return {
    stream,
    timers,
    /** The n-th connection, from 1, once it is opened. */
    connection: async (count: number): Promise<Connection> => {
      while (connections.length < count) await new Promise<void>((go) => waiting.push(go));
      return connections[count - 1] as Connection;
    },
    runTimer: (): void => {
      const [timer] = timers;
      if (timer === undefined) throw new Error("no timer is set");
      timers.delete(timer);
      timer.run();
    },
  };
}

export function order(orderNo: string, seq: number, status = "new"): string {
  const data = { order_no: orderNo, order_status: status, qty: "@", version: 1 };
  return JSON.stringify({ type: "order", seq, data }).replace('"@"', "100.5");
}

export function snapshot(seq: number, orderNos: readonly string[]): string {
  const orders = orderNos.map((order_no) => ({ order_no, order_status: "new" }));
  return JSON.stringify({ type: "snapshot", seq, data: { orders } });
}

export function live(seq: number): string {
  return JSON.stringify({ type: "live", seq });
}

export function heartbeat(seq: number): string {
  return JSON.stringify({ type: "heartbeat", data: { timestamp: 1, seq } });
}

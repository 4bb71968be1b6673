/** A WebSocket as the stream uses it. */

export interface Socket {
  /** Once it is open. */
  send(text: string): void;
  close(code: number): void;
}

/** What a socket tells, each in a later turn than the one that opened it. */
export interface SocketListener {
  opened(): void;
  received(text: string): void;
  /** Once, also when it was never open. */
  closed(code: number, reason: string): void;
}

/** Opens a WebSocket with request headers. */
export type SocketOpener = (
  url: string,
  headers: Readonly<Record<string, string>>,
  listener: SocketListener,
) => Socket;

/** Node's WebSocket takes headers where a browser's takes sub-protocols only. */
type NodeWebSocket = new (
  url: string,
  options: {
    readonly headers: Readonly<Record<string, string>>;
    readonly dispatcher?: Dispatcher;
  },
) => WebSocket;

/** Milliseconds that a peer has to answer a goodbye. */
const GOODBYE_MS = 2_000;

/**
 * The engine's own WebSocket. A browser's cannot carry the signature's headers: there a program
 * connects through a server of its own, except to the public market.
 */
export const openSystemSocket: SocketOpener = socketOpener(GOODBYE_MS);

/**
 * A peer that stands still answers no goodbye, and the WebSocket waits for it as long as the
 * connection stands: it would hold a program that is done, and each reconnection would leave one
 * behind. So the connection is cut a little later.
 */
export function socketOpener(goodbyeMs: number): SocketOpener {
  return (url, headers, listener) => {
    const WebSocketHere = WebSocket as unknown as NodeWebSocket;
    const connection = new Connection();
    const options = { headers, ...connection.option };
    // A browser takes the second argument for the names of sub-protocols.
    const isPlain = Object.keys(headers).length === 0 && options.dispatcher === undefined;
    const socket = isPlain ? new WebSocket(url) : new WebSocketHere(url, options);
    socket.addEventListener("open", () => listener.opened());
    socket.addEventListener("message", ({ data }) => listener.received(String(data)));
    socket.addEventListener("close", ({ code, reason }) => listener.closed(code, reason));
    // A close follows, which says as much as there is to say.
    socket.addEventListener("error", () => {});
    const close = (code: number): void => {
      socket.close(code);
      const timer = setTimeout(() => connection.cut(), goodbyeMs);
      socket.addEventListener("close", () => clearTimeout(timer));
    };
    return { send: (text) => socket.send(text), close };
  };
}

interface Dispatcher {
  dispatch(options: unknown, handler: object): boolean;
}

/** Where Node's fetch and WebSocket keep what opens their connections. */
const GLOBAL_DISPATCHER = Symbol.for("undici.globalDispatcher.1");

/** The connection under Node's WebSocket, which does not give it out; nothing in other engines. */
class Connection {
  #socket: { destroy(): void } | null = null;

  get option(): { readonly dispatcher?: Dispatcher } {
    const found = Reflect.get(globalThis, GLOBAL_DISPATCHER) as Dispatcher | undefined;
    if (typeof found?.dispatch !== "function") return {};
    const dispatch = (options: unknown, handler: object) => {
      return found.dispatch(
        options,
        new Proxy(handler, { get: (of, name) => this.#watched(of, name) }),
      );
    };
    return { dispatcher: { dispatch } };
  }

  cut(): void {
    this.#socket?.destroy();
  }

  /** A member of the handler; that which is given the connection also leaves it here. */
  #watched(handler: object, name: string | symbol): unknown {
    const member: unknown = Reflect.get(handler, name, handler);
    if (typeof member !== "function") return member;
    return (...args: unknown[]): unknown => {
      if (UPGRADED.has(name)) this.#socket = args.find(isDestroyable) ?? null;
      return Reflect.apply(member, handler, args);
    };
  }
}

const UPGRADED: ReadonlySet<string | symbol> = new Set(["onUpgrade", "onRequestUpgrade"]);

function isDestroyable(value: unknown): value is { destroy(): void } {
  return typeof (value as { destroy?: unknown } | null)?.destroy === "function";
}

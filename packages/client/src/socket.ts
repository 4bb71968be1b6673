/** A WebSocket as the stream uses it. */

export interface Socket {
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
type HeaderedWebSocket = new (
  url: string,
  options: { readonly headers: Readonly<Record<string, string>> },
) => WebSocket;

/**
 * The engine's own WebSocket. A browser's cannot carry the signature's headers: there a program
 * connects through a server of its own.
 */
export const openSystemSocket: SocketOpener = (url, headers, listener) => {
  const socket = new (WebSocket as unknown as HeaderedWebSocket)(url, { headers });
  socket.addEventListener("open", () => listener.opened());
  socket.addEventListener("message", ({ data }) => listener.received(String(data)));
  socket.addEventListener("close", ({ code, reason }) => listener.closed(code, reason));
  // A close follows, which says as much as there is to say.
  socket.addEventListener("error", () => {});
  return { close: (code) => socket.close(code) };
};

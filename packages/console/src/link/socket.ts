/** A WebSocket as the links use it. */

export interface Socket {
  send(text: string): void;
  close(): void;
}

/** Each in a later turn than the one that opened the socket. */
export interface SocketListener {
  opened(): void;
  received(text: string): void;
  /** Once, also when it was never open. */
  closed(code: number, reason: string): void;
}

export type OpenSocket = (pathAndQuery: string, listener: SocketListener) => Socket;

/** The browser's own, to the host that served the page. */
export const openBrowserSocket: OpenSocket = (pathAndQuery, listener) => {
  const url = `${location.origin.replace(/^http/, "ws")}${pathAndQuery}`;
  const socket = new WebSocket(url);
  socket.addEventListener("open", () => listener.opened());
  socket.addEventListener("message", ({ data }) => listener.received(String(data)));
  socket.addEventListener("close", ({ code, reason }) => listener.closed(code, reason));
  return { send: (text) => socket.send(text), close: () => socket.close(1000) };
};

/**
 * What is used of node:http, taken without an import. Reason: an import reads all that the module
 * exports, and some of it (its WebSocket) is made when it is read, by loading an HTTP client that
 * nothing here uses: some 50 ms of each start, and 14 MB of memory.
 */
export const { createServer, STATUS_CODES } = process.getBuiltinModule("node:http");

/** What every listener asks of Node's server. */
import { LIMITS } from "@countermand/contract";
import {
  CONNECTION_CHECK_MS,
  HEADERS_TIMEOUT_MS,
  KEEP_ALIVE_TIMEOUT_MS,
  REQUEST_TIMEOUT_MS,
} from "./limits.ts";

export const NODE_SERVER_OPTIONS = {
  maxHeaderSize: LIMITS.headersBytesMax.value,
  headersTimeout: HEADERS_TIMEOUT_MS,
  requestTimeout: REQUEST_TIMEOUT_MS,
  keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
  connectionsCheckingInterval: CONNECTION_CHECK_MS,
  // Said in words by the form check: the server itself would answer with an empty 400.
  requireHostHeader: false,
};

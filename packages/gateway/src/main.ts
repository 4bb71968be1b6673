/**
 * Where the process begins: the gateway's threads load their code while the main thread loads its
 * own, which takes about as long.
 */
import { nodeThreads } from "./node-threads.ts";

const threads = nodeThreads();
const { runProcess } = await import("./gateway-process.ts");
runProcess(import.meta.url, threads);

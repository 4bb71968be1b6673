/** The process behind `npm run replay`. */
import { replayCommand } from "./replay-command.ts";

process.exitCode = replayCommand(process.argv.slice(2));

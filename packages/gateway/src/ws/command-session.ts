/**
 * The commands of one socket. They are handed to the trade service in the order they came; replies
 * come in the order of the answers. When too much is under way, or its replies are not read, the
 * socket's input is not read either: nothing is refused for being too fast.
 */
import {
  CLOSE_CODES,
  decodeSocketCommand,
  type ErrorName,
  encodeError,
  encodeFault,
  encodeReply,
  encodeStreamError,
  errorSpec,
  type Fault,
  type SocketCommand,
  type SocketFault,
} from "@countermand/contract";
import { Channel } from "@countermand/core/model";
import type { Caller } from "../auth/key-store.ts";
import type { AwaitedAnswers } from "../sequencer/awaited-answers.ts";
import type { Cancelable, Clock } from "../sys/clock.ts";
import type { CallOptions, TradeAnswer, TradeService } from "../trade/trade-service.ts";
import { commandIdentity } from "./command-identity.ts";
import type { CommandTurns } from "./command-turns.ts";
import {
  COMMANDS_IN_FLIGHT_MAX,
  MESSAGE_SLOT_MS,
  MESSAGES_PER_SLOT_MAX,
  REFUSED_MESSAGES_MAX,
  REPLIES_WAITING_BYTES_MAX,
} from "./limits.ts";

/** What a command may ask of the trade service. */
export type TradeCommands = Pick<
  TradeService,
  "cancel" | "cancelBatch" | "cancelAll" | "place" | "placeBatch" | "amend"
>;

/** The connection as its commands use it. */
export interface CommandPort {
  send(text: string): void;
  /** Tells the fault, then closes the connection. */
  fail(error: ErrorName, details: string, closeCode: number): void;
  bufferedBytes(): number;
  /** Stops reading input; some that was read before may still arrive. */
  pause(): void;
  resume(): void;
}

export interface CommandSessionOptions {
  readonly caller: Caller;
  /** The handshake asked for commands. */
  readonly isEnabled: boolean;
  /** Why the key may not do this, or null. */
  readonly permits: (op: SocketCommand["op"]) => Fault | null;
  readonly trade: TradeCommands;
  /** Shared with all other sockets. */
  readonly turns: CommandTurns;
  readonly awaited: AwaitedAnswers;
  readonly clock: Clock;
  readonly port: CommandPort;
  /** A command was answered so, that long after it was taken. */
  readonly onAnswered: (op: SocketCommand["op"], httpStatus: number, tookMs: number) => void;
  /** A command ended in a bug: its outcome is unknown, the process must stop. */
  readonly onBug: (error: Error) => void;
}

/** RFC 6455: a message violates the server's policy. */
const POLICY_VIOLATION = 1008;

export class CommandSession {
  readonly #options: CommandSessionOptions;
  /** Messages that came while none could be taken: what had been read when input was paused. */
  #waiting: string[] = [];
  #isPaused = false;
  #inFlightCount = 0;
  #refusedCount = 0;
  #slotStartMs = 0;
  #slotCount = 0;
  #slotEnd: Cancelable | null = null;
  #awaitsTurn = false;
  #isStopped = false;
  #onIdle: (() => void) | null = null;

  constructor(options: CommandSessionOptions) {
    this.#options = options;
  }

  /** A message of the client. Precondition: a text message is UTF-8. */
  received(content: Buffer, isBinary: boolean): void {
    if (this.#isStopped) return; // A command without a reply may be repeated under its id.
    if (!this.#options.isEnabled) {
      this.#refuse();
    } else if (isBinary) {
      this.#fail("TEXT_ONLY", "a command is a text message", CLOSE_CODES.TEXT_ONLY);
    } else {
      this.#waiting.push(content.toString("utf8"));
      this.#takeWaiting();
    }
  }

  /** Some of what was sent has left. */
  written(): void {
    if (this.#isPaused) this.#takeWaiting();
  }

  /** Takes no more commands; calls back, perhaps at once, when those under way are answered. */
  stop(onIdle: () => void): void {
    this.#end();
    if (this.#inFlightCount === 0) onIdle();
    else this.#onIdle = onIdle;
  }

  /** Takes no more commands, and nobody waits for the replies of those under way. */
  ended(): void {
    // What waits for no more than its turn came in before the end: nobody else waits for it.
    if (this.#awaitsTurn) this.#takeRest();
    this.#end();
  }

  #takeRest(): void {
    for (const text of this.#waiting.splice(0)) {
      if (this.#inFlightCount < COMMANDS_IN_FLIGHT_MAX) this.#take(text);
    }
  }

  #end(): void {
    this.#isStopped = true;
    this.#waiting = [];
    this.#slotEnd?.cancel();
    // The peer's answer to a close is read.
    this.#setPaused(false);
  }

  #refuse(): void {
    const details = "this connection only listens";
    this.#refusedCount += 1;
    if (this.#refusedCount < REFUSED_MESSAGES_MAX) {
      this.#options.port.send(encodeStreamError("COMMANDS_NOT_ENABLED", details));
    } else {
      this.#fail("COMMANDS_NOT_ENABLED", details, POLICY_VIOLATION);
    }
  }

  #fail(error: ErrorName, details: string, closeCode: number): void {
    this.ended();
    this.#options.port.fail(error, details, closeCode);
  }

  #takeWaiting(): void {
    while (!this.#isStopped && this.#waiting.length > 0 && this.#hasRoom()) {
      const text = this.#waiting.shift() as string;
      this.#slotCount += 1;
      this.#take(text);
    }
    this.#setPaused(this.#waiting.length > 0);
  }

  #hasRoom(): boolean {
    return (
      this.#inFlightCount < COMMANDS_IN_FLIGHT_MAX &&
      this.#options.port.bufferedBytes() <= REPLIES_WAITING_BYTES_MAX &&
      this.#isWithinRate() &&
      this.#isWithinTurn()
    );
  }

  #isWithinTurn(): boolean {
    const { turns } = this.#options;
    if (this.#awaitsTurn) return false;
    if (turns.takes()) return true;
    this.#awaitsTurn = true;
    turns.next(() => {
      this.#awaitsTurn = false;
      this.#takeWaiting();
    });
    return false;
  }

  #isWithinRate(): boolean {
    const { clock } = this.#options;
    const nowMs = clock.monotonicMs();
    if (nowMs - this.#slotStartMs >= MESSAGE_SLOT_MS) {
      this.#slotStartMs = nowMs;
      this.#slotCount = 0;
    }
    if (this.#slotCount < MESSAGES_PER_SLOT_MAX) return true;
    this.#slotEnd ??= clock.after(this.#slotStartMs + MESSAGE_SLOT_MS - nowMs, () => {
      this.#slotEnd = null;
      this.#takeWaiting();
    });
    return false;
  }

  #setPaused(isPaused: boolean): void {
    if (isPaused === this.#isPaused) return;
    this.#isPaused = isPaused;
    if (isPaused) this.#options.port.pause();
    else this.#options.port.resume();
  }

  #take(text: string): void {
    const command = decodeSocketCommand(text);
    if ("error" in command) {
      this.#options.port.send(faultText(command));
      return;
    }
    const refusal = this.#options.permits(command.op);
    if (refusal !== null) {
      this.#options.port.send(encodeReply(command.id, encodeFault(refusal)));
      return;
    }
    this.#inFlightCount += 1;
    // The command itself holds on to the whole message: nothing of it may wait for the answer.
    const { id, op } = command;
    const { awaited, clock, onAnswered, onBug } = this.#options;
    const startedMs = clock.monotonicMs();
    const answered = (httpStatus: number) =>
      onAnswered(op, httpStatus, clock.monotonicMs() - startedMs);
    const giveUp = (details: string) => {
      answered(errorSpec("OUTCOME_UNKNOWN").httpStatus);
      this.#reply(id, encodeError("OUTCOME_UNKNOWN", details));
    };
    try {
      awaited.await(this.#carryOut(command), {
        give: ({ httpStatus, body, isLost }) => {
          answered(httpStatus);
          this.#reply(id, isLost === true ? null : body);
        },
        giveUp,
        onBug,
      });
    } catch (error) {
      giveUp("");
      onBug(error as Error);
    }
  }

  /** One promise less than an async function would make, for each command. */
  #carryOut(command: SocketCommand): Promise<TradeAnswer> {
    const { caller, clock, trade } = this.#options;
    const options: CallOptions = {
      identity: commandIdentity(caller.apiKey, command, clock.wallMs()),
      rememberAlways: true,
      representation: command.representation,
      origin: { channel: Channel.Socket, requestId: command.id },
      receipt: "receipt" in command && command.receipt,
    };
    switch (command.op) {
      case "cancel":
        return trade.cancel(caller, command.request, options);
      case "cancel_batch":
        return trade.cancelBatch(caller, command.elements, options);
      case "cancel_all":
        return trade.cancelAll(caller, command.request, options);
      case "place":
        return trade.place(caller, command.request, options);
      case "place_batch":
        return trade.placeBatch(caller, command.elements, options);
      case "amend":
        return trade.amend(caller, command.request, options);
    }
  }

  /** Null: the reply is lost. */
  #reply(id: string, envelope: string | null): void {
    this.#inFlightCount -= 1;
    if (envelope !== null) this.#options.port.send(encodeReply(id, envelope));
    if (this.#waiting.length > 0) this.#takeWaiting();
    if (this.#inFlightCount > 0 || this.#onIdle === null) return;
    this.#onIdle();
    this.#onIdle = null;
  }
}

/** A fault of a message whose id could be read is that command's reply. */
function faultText(fault: SocketFault): string {
  return fault.id === null
    ? encodeStreamError(fault.error, fault.details)
    : encodeReply(fault.id, encodeFault(fault));
}

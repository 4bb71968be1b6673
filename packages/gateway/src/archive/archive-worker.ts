/** The thread that owns archive.db and a read-only connection of its own to the journal. */
import type { MessagePort } from "node:worker_threads";
import { JournalReader } from "../journal/journal-reader.ts";
import { systemClock } from "../sys/clock.ts";
import { gatedPort, waitAtGate } from "../sys/gated-thread.ts";
import { standBack, stepAside } from "../sys/thread-priority.ts";
import { openArchive, putArchiveAside } from "./archive-file.ts";
import type { ArchiveWorkerStart, FromArchive, ToArchive } from "./archive-messages.ts";
import { ArchiveProjector } from "./archive-projector.ts";

const ownPort = gatedPort();
if (ownPort !== null) {
  standBack();
  startArchiveThread(ownPort, waitAtGate<ArchiveWorkerStart>(ownPort));
}

/** Whatever is thrown here ends the thread; the main thread reports it and starts another one. */
export function startArchiveThread(port: MessagePort, start: ArchiveWorkerStart): void {
  const { dataDir, partitions, required } = start;
  const post = (message: FromArchive) => port.postMessage(message);
  const journal = new JournalReader(dataDir);
  const { database, rebuilt } = openArchive(dataDir, journal, partitions);
  const projector = new ArchiveProjector({
    database,
    journal,
    partitions,
    required,
    clock: systemClock,
    post,
    stepAside,
    onDamage: (error) => {
      putArchiveAside(dataDir);
      throw error;
    },
  });
  port.on("message", (message: ToArchive) => {
    projector.receive(message);
    if (message.type === "close") port.close();
  });
  post({ type: "ready", positions: projector.positions, rebuilt });
}

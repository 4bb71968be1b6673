import type { KeyRow } from "./keys.ts";
import { Modal } from "./modal.tsx";

export interface HelpDialogProps {
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly keys: readonly KeyRow[];
  readonly note: string;
}

export function HelpDialog({ keys: rows, note, ...props }: HelpDialogProps) {
  return (
    <Modal {...props} title="Keys">
      <dl class="keys">
        {rows.map(({ keys, does }) => (
          <div key={keys}>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <p class="note">{note}</p>
    </Modal>
  );
}

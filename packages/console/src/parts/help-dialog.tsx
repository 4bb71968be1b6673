import { KEYS } from "./keys.ts";
import { Modal } from "./modal.tsx";

export function HelpDialog(props: { readonly isOpen: boolean; readonly onClose: () => void }) {
  return (
    <Modal {...props} title="Keys">
      <dl class="keys">
        {KEYS.map(({ keys, does }) => (
          <div key={keys}>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <p class="note">
        The list of orders can be filtered by number, symbol, name, side, status and your own
        reference; several words must all occur.
      </p>
    </Modal>
  );
}

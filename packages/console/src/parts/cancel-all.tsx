import { useSignal } from "@preact/signals";
import * as desk from "../desk.ts";
import { Modal } from "./modal.tsx";

/** First shows what would be cancelled, then cancels exactly that. */
export function CancelAll(props: { readonly isOpen: boolean; readonly onClose: () => void }) {
  return (
    <Modal {...props} title="Cancel all open orders shown">
      <Preview onClose={props.onClose} />
    </Modal>
  );
}

function Preview({ onClose }: { readonly onClose: () => void }) {
  /** As it stood when the question was asked: an order that comes later is not meant. */
  const { value: orderNos } = useSignal(desk.openShown());
  const { filter } = desk.query.value;
  const groups = new Map<string, number>();
  for (const orderNo of orderNos) {
    const order = desk.table.get(orderNo)?.order;
    const name = `${order?.symbol ?? ""} ${order?.order_side ?? ""}`;
    groups.set(name, (groups.get(name) ?? 0) + 1);
  }
  return (
    <>
      <p>
        <strong>{orderNos.length}</strong> open {orderNos.length === 1 ? "order" : "orders"}
        {filter === "" ? "" : ` that the filter “${filter}” shows`}:
      </p>
      <ul class="groups">
        {[...groups].sort().map(([name, count]) => (
          <li key={name}>
            <span>{name}</span> <span class="num">{count}</span>
          </li>
        ))}
      </ul>
      <footer>
        <button type="button" onClick={onClose}>
          Keep them
        </button>
        <button
          type="button"
          class="danger"
          disabled={orderNos.length === 0}
          onClick={() => {
            void desk.cancelMany(orderNos);
            onClose();
          }}
        >
          Cancel {orderNos.length}
        </button>
      </footer>
    </>
  );
}

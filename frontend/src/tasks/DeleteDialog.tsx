import { Dialog } from "../ui/Dialog";
import { shortened } from "../ui/text";
import { useTasks } from "./page";

/** Asks before a task is deleted: there is no way back. */
export function DeleteDialog() {
  const { store, doomed, setDoomed } = useTasks();
  const title = () => shortened(store.tasks().get(doomed() ?? "")?.title ?? "", 120);

  function remove(): void {
    const key = doomed();
    // Closing comes first: the focus goes back to the row, and from there, with the row, to its neighbour.
    setDoomed(undefined);
    if (key !== undefined) store.remove(key);
  }

  return (
    <Dialog
      open={doomed() !== undefined}
      onClose={() => setDoomed(undefined)}
      title="Delete this task?"
      role="alertdialog"
    >
      <p class="quoted" dir="auto">
        {title()}
      </p>
      <div class="buttons">
        <button type="button" class="danger" autofocus onClick={remove}>
          Delete
        </button>
        <button type="button" onClick={() => setDoomed(undefined)}>
          Keep
        </button>
      </div>
    </Dialog>
  );
}

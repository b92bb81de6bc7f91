import { createEffect, type JSX, Show } from "solid-js";

interface DialogProps {
  open: boolean;
  onClose: () => void;
  title: string;
  role?: "dialog" | "alertdialog";
  children: JSX.Element;
}

/** A modal dialog. The browser traps the focus, gives it back, and closes on Escape. */
export function Dialog(props: DialogProps) {
  let dialog!: HTMLDialogElement;
  createEffect(() => {
    if (props.open && !dialog.open) dialog.showModal();
    if (!props.open && dialog.open) dialog.close();
  });
  return (
    <dialog
      ref={dialog}
      role={props.role ?? "dialog"}
      aria-label={props.title}
      onClose={() => props.onClose()}
      onClick={(event) => event.target === dialog && dialog.close()}
    >
      <Show when={props.open}>
        <div class="dialog">
          <h2>{props.title}</h2>
          {props.children}
        </div>
      </Show>
    </dialog>
  );
}

import { keyOf } from "../ui/focus";
import { isTextField } from "../ui/once";
import { ADD_FIELD } from "./AddForm";
import type { Key } from "./actions";
import { FILTERS } from "./filter";
import type { TasksPage } from "./page";

/** Every shortcut, as the help lists them. */
export const SHORTCUTS = [
  ["n", "New task"],
  ["j k ↓ ↑", "Next, previous task"],
  ["e Enter", "Edit the task"],
  ["x Space", "Mark it as done, or reopen it"],
  ["# Delete", "Delete it"],
  ["1 2 3", "Show all, open, done"],
  ["?", "Show these shortcuts"],
  ["Escape", "Leave a form or a dialog"],
] as const;

interface Options {
  /** May keys that are letters, digits or signs do something by themselves? (WCAG 2.1.4) */
  singleKeys: () => boolean;
  help: () => void;
}

/** Shortcuts that go on while their key is held down; the others act once. */
const GO_ON = ["j", "k", "ArrowDown", "ArrowUp"];

/** Listens for the shortcuts. They are silent while someone types, in a dialog, and with Ctrl, Alt or Meta. */
export function listen(
  { store, drafts, filter, visible, rows, setDoomed }: TasksPage,
  { singleKeys, help }: Options,
): void {
  const anywhere: Record<string, () => void> = {
    n: () => document.getElementById(ADD_FIELD)?.focus(),
    "?": help,
    j: () => move(1),
    k: () => move(-1),
    ...Object.fromEntries(FILTERS.map((it, index) => [`${index + 1}`, () => filter.go(it)])),
  };
  const onTask: Record<string, (key: Key) => void> = {
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
    e: drafts.open,
    Enter: drafts.open,
    x: (key) => store.update(key, { completed: !store.tasks().get(key)?.completed }),
    "#": setDoomed,
    Delete: setDoomed,
  };

  let held: string | undefined;

  function move(step: 1 | -1): void {
    const keys = visible();
    const at = keys.indexOf(keyOf(document.activeElement) ?? "");
    const next = at < 0 ? 0 : Math.min(Math.max(at + step, 0), keys.length - 1);
    if (keys.length > 0) rows.focus(keys[next]);
  }

  document.addEventListener("keydown", (event) => {
    if (event.repeat && event.key === held) {
      event.preventDefault(); // wherever the focus has gone since
      return;
    }
    held = undefined;
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (isTextField(event.target) || document.querySelector("dialog[open]")) return;
    if (event.key.length === 1 && !singleKeys()) return;
    // Enter on a button is that button's.
    if (event.key === "Enter" && !(event.target as Element).matches(".tick")) return;
    const focused = keyOf(event.target);
    const key = visible().find((it) => it === focused);
    const act = anywhere[event.key] ?? (key !== undefined && onTask[event.key]);
    if (!act) return;
    event.preventDefault();
    if (!GO_ON.includes(event.key)) held = event.key;
    act(key as Key);
  });
}

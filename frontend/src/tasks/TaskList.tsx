import { For } from "solid-js";
import { createFocusKeeper } from "../ui/focus";
import { useTasks } from "./page";
import { focusTask } from "./rows";
import { TaskRow } from "./TaskRow";

/** The tasks that the filter shows. */
export function TaskList() {
  const { visible, filter } = useTasks();
  createFocusKeeper(visible, (index) => focusTask(visible()[Math.min(index, visible().length - 1)]));
  return (
    <ul class="tasks" aria-label={`${filter.current().label} tasks`}>
      <For each={visible()}>{(key) => <TaskRow of={key} />}</For>
    </ul>
  );
}

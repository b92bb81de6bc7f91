import { For } from "solid-js";
import { createFocusKeeper } from "../ui/focus";
import { createSlideGuard } from "../ui/slide";
import { useTasks } from "./page";
import { TaskRow } from "./TaskRow";

/** The tasks that the filter shows; of a long list those that are near the window, and gaps for the others. */
export function TaskList() {
  const { listed, visible, filter, rows } = useTasks();
  const guard = createSlideGuard(listed.remaining);
  createFocusKeeper(visible, (index) => rows.focus(visible()[Math.min(index, visible().length - 1)]));
  return (
    <ul
      class="tasks"
      aria-label={`${filter.current().label} tasks`}
      ref={(list) => {
        rows.within(list);
        guard(list);
      }}
    >
      <For each={rows.shown().items}>
        {(item) => (typeof item === "number" ? <Gap number={item} /> : <TaskRow of={item} />)}
      </For>
    </ul>
  );
}

function Gap(props: { number: number }) {
  const { rows } = useTasks();
  return (
    <li class="gap" aria-hidden="true" style={{ height: `${rows.shown().gaps[props.number] ?? 0}px` }} />
  );
}

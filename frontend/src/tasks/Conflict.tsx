import { For } from "solid-js";
import { type Change, collisions, type TextName, textOf } from "./actions";
import { useTasks } from "./page";
import { Written } from "./Written";

/** Both versions of the texts that somebody else changed before an edit was saved, and the choice between them. */
export function Conflict(props: { action: Change; onLeave: () => void }) {
  const { store } = useTasks();
  const current = () => props.action.failure?.current;
  const names = (): TextName[] => collisions(props.action, current() ?? props.action.whole);

  function choose(choice: "mine" | "theirs"): void {
    props.onLeave();
    store.settle(props.action.id, choice);
  }

  return (
    <>
      <div class="versions">
        <For each={names()}>
          {(name) => (
            <dl>
              <div>
                <dt>Your {name}</dt>
                <dd>
                  <Written text={props.action.fields[name] ?? ""} />
                </dd>
              </div>
              <div>
                <dt>Their {name}</dt>
                <dd>
                  <Written text={textOf(current() ?? props.action.whole, name)} />
                </dd>
              </div>
            </dl>
          )}
        </For>
      </div>
      <div class="buttons">
        <button type="button" onClick={() => choose("mine")}>
          Keep mine
        </button>
        <button type="button" onClick={() => choose("theirs")}>
          Take theirs
        </button>
      </div>
    </>
  );
}

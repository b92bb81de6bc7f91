import { For, untrack } from "solid-js";
import { Dialog } from "./Dialog";
import { type Preferences, THEMES, type Theme } from "./preferences";

interface SettingsProps {
  open: boolean;
  onClose: () => void;
  shortcuts: readonly (readonly [keys: string, what: string])[];
  preferences: Preferences;
}

const NAMES: Record<Theme, string> = { system: "System", light: "Light", dark: "Dark" };

/** The colours, the keyboard shortcuts, and the switch that turns those off. */
export function SettingsDialog(props: SettingsProps) {
  const { theme, setTheme, singleKeys, setSingleKeys } = untrack(() => props.preferences);
  return (
    <Dialog open={props.open} onClose={props.onClose} title="Settings">
      <button
        type="button"
        class="icon cross close"
        aria-label="Close"
        autofocus
        onClick={() => props.onClose()}
      />
      <fieldset class="themes">
        <legend>Colours</legend>
        <For each={THEMES}>
          {(it) => (
            <label class="choice">
              <input
                type="radio"
                name="theme"
                value={it}
                checked={theme() === it}
                onInput={() => setTheme(it)}
              />
              {NAMES[it]}
            </label>
          )}
        </For>
      </fieldset>
      <h3>Keyboard shortcuts</h3>
      <dl class="shortcuts">
        <For each={props.shortcuts}>
          {([keys, what]) => (
            <div>
              <dt>{what}</dt>
              <dd>
                <For each={keys.split(" ")}>{(key) => <kbd>{key}</kbd>}</For>
              </dd>
            </div>
          )}
        </For>
      </dl>
      <label class="choice">
        <input
          type="checkbox"
          checked={singleKeys()}
          onInput={(event) => setSingleKeys(event.currentTarget.checked)}
        />
        Letters, digits and signs are shortcuts
      </label>
    </Dialog>
  );
}

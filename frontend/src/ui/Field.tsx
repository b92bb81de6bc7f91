import { createMemo, createUniqueId, type JSX, Show, untrack } from "solid-js";
import { codePoints } from "./text";

interface FieldProps {
  id?: string;
  label: string;
  value: string;
  onInput: (text: string) => void;
  /** How many code points the server takes. */
  max: number;
  problem: string | undefined;
  rows?: number;
  placeholder?: string;
  ref?: (element: HTMLInputElement | HTMLTextAreaElement) => void;
}

const NEAR = 0.85;

/** A text field that counts down near its limit. It never cuts off what is typed or pasted. */
export function Field(props: FieldProps) {
  const id = untrack(() => props.id) ?? createUniqueId();
  const left = createMemo(() => props.max - codePoints(props.value.trim()));
  const near = () => left() < props.max * (1 - NEAR);
  const described = () =>
    [near() && `${id}-left`, props.problem && `${id}-problem`].filter(Boolean).join(" ");
  const shared = {
    id,
    dir: "auto",
    get "aria-invalid"() {
      return props.problem ? true : undefined;
    },
    get "aria-describedby"() {
      return described() || undefined;
    },
    get placeholder() {
      return props.placeholder;
    },
    onInput: (event: { currentTarget: { value: string } }) => props.onInput(event.currentTarget.value),
  } as const satisfies JSX.InputHTMLAttributes<HTMLInputElement> &
    JSX.TextareaHTMLAttributes<HTMLTextAreaElement>;

  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      <Show
        when={props.rows}
        fallback={
          <input
            ref={(it) => props.ref?.(it)}
            type="text"
            autocomplete="off"
            enterkeyhint="done"
            value={props.value}
            {...shared}
          />
        }
      >
        {(rows) => <textarea ref={(it) => props.ref?.(it)} rows={rows()} value={props.value} {...shared} />}
      </Show>
      <Show when={near()}>
        <span class="left" id={`${id}-left`} classList={{ over: left() < 0 }}>
          {left() < 0 ? `${(-left()).toLocaleString("en")} too many` : `${left().toLocaleString("en")} left`}
        </span>
      </Show>
      <Show when={props.problem}>
        <p class="problem" id={`${id}-problem`} role="alert">
          {props.problem}
        </p>
      </Show>
    </div>
  );
}

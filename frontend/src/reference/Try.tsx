import { createSignal, For, onMount, Show, untrack } from "solid-js";
import { createStore } from "solid-js/store";
import { type Document, type Endpoint, example } from "./openapi";
import { curl, type Outcome, request, send } from "./request";

/** A form that sends the request to this server and shows what came back. */
export function Try(props: { document: Document; endpoint: Endpoint; onClose: () => void }) {
  const { parameters = [], requestBody, operationId, method, path } = untrack(() => props.endpoint);
  const schema = Object.values(requestBody?.content ?? {})[0]?.schema;
  const [values, setValues] = createStore<Record<string, string>>({});
  const [body, setBody] = createSignal(
    schema && untrack(() => JSON.stringify(example(props.document, schema), null, 2)),
  );
  const [outcome, setOutcome] = createSignal<Outcome>();
  const [sending, setSending] = createSignal(false);
  const wanted = () => request(props.endpoint, values, body());
  let form!: HTMLFormElement;

  onMount(() => form.querySelector<HTMLElement>("input, textarea, button")?.focus());

  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    if (sending()) return;
    setSending(true);
    setOutcome(await send(wanted()));
    setSending(false);
  }

  return (
    <form class="try" ref={form} onSubmit={submit} aria-label={`Try ${method} ${path}`}>
      <For each={parameters}>
        {(it) => (
          <div class="field">
            <label for={`${operationId}-${it.name}`}>
              {it.name} ({it.in})
            </label>
            <input
              id={`${operationId}-${it.name}`}
              required={it.required ?? false}
              autocomplete="off"
              spellcheck={false}
              onInput={(event) => setValues(it.name, event.currentTarget.value)}
            />
          </div>
        )}
      </For>
      <Show when={body() !== undefined}>
        <div class="field">
          <label for={`${operationId}-body`}>Body</label>
          <textarea
            id={`${operationId}-body`}
            class="code"
            spellcheck={false}
            value={body() ?? ""}
            onInput={(event) => setBody(event.currentTarget.value)}
          />
        </div>
      </Show>
      <Show when={method !== "GET"}>
        <p class="type">This is the real thing: it changes what is stored here.</p>
      </Show>
      <div class="buttons">
        <button type="submit" class="primary" aria-disabled={sending()}>
          Send
        </button>
        <button type="button" onClick={() => props.onClose()}>
          Close
        </button>
      </div>
      <div role="status">
        <Show when={outcome()}>{(it) => <OutcomeView outcome={it()} />}</Show>
      </div>
      <details>
        <summary>The same with curl</summary>
        <pre tabindex="0">{curl(wanted())}</pre>
      </details>
    </form>
  );
}

function OutcomeView(props: { outcome: Outcome }) {
  return (
    <Show when={props.outcome.status} fallback={<p class="problem">The server could not be reached.</p>}>
      <p>
        <b class={props.outcome.status < 400 ? "good" : "not-good"}>{props.outcome.status}</b> in{" "}
        {props.outcome.ms} ms
      </p>
      <Show when={props.outcome.text}>
        <pre tabindex="0">{props.outcome.text}</pre>
      </Show>
    </Show>
  );
}

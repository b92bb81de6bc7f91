import { createSignal, For, Show, untrack } from "solid-js";
import { type Document, type Endpoint, example, type Reply, type Schema, typeOf } from "./openapi";
import { Prose } from "./Prose";
import { SchemaView } from "./SchemaView";
import { Try } from "./Try";

/** One operation: what it takes, what it gives, and a form to try it. */
export function EndpointView(props: { document: Document; endpoint: Endpoint }) {
  const it = untrack(() => props.endpoint);
  const body = Object.values(it.requestBody?.content ?? {})[0]?.schema;
  const [trying, setTrying] = createSignal(false);
  return (
    <article class="endpoint" id={it.operationId} aria-labelledby={`${it.operationId}-name`}>
      <h3 id={`${it.operationId}-name`}>
        <a href={`#${it.operationId}`}>{it.summary ?? it.operationId}</a>
      </h3>
      <p class="route">
        <b class={`method ${it.method.toLowerCase()}`}>{it.method}</b> <code>{it.path}</code>
        <Show when={it.deprecated}>
          <span class="required">deprecated</span>
        </Show>
      </p>
      <Prose text={it.description} />
      <Show when={it.parameters?.length}>
        <h4>Parameters</h4>
        <dl class="members">
          <For each={it.parameters}>
            {(parameter) => (
              <div>
                <dt>
                  <code>{parameter.name}</code>
                  <Show when={parameter.required}>
                    <span class="required">required</span>
                  </Show>
                </dt>
                <dd>
                  <p class="type">
                    {typeOf(props.document, parameter.schema ?? {})} in the {parameter.in}
                  </p>
                  <Prose text={parameter.description} />
                </dd>
              </div>
            )}
          </For>
        </dl>
      </Show>
      <Show when={body}>
        {(schema) => (
          <>
            <h4>Body</h4>
            <SchemaView document={props.document} schema={schema()} />
          </>
        )}
      </Show>
      <h4>Answers</h4>
      <div class="answers">
        <For each={Object.entries(it.responses).sort()}>
          {([status, reply]) => <Answer document={props.document} status={status} reply={reply} />}
        </For>
      </div>
      <Show
        when={trying()}
        fallback={
          <button type="button" onClick={() => setTrying(true)}>
            Try it
          </button>
        }
      >
        <Try document={props.document} endpoint={it} onClose={() => setTrying(false)} />
      </Show>
    </article>
  );
}

function Answer(props: { document: Document; status: string; reply: Reply }) {
  const [mediaType, content] = untrack(() => Object.entries(props.reply.content ?? {})[0] ?? []);
  const kind = () => (props.status.startsWith("2") ? "good" : "not-good");
  const examples = () => Object.values(content?.examples ?? made(props.document, content?.schema));
  return (
    <details>
      <summary>
        <b class={kind()}>{props.status}</b> {props.reply.description}
      </summary>
      <Show when={mediaType}>
        <p class="type">
          <code>{mediaType}</code> {content?.schema && typeOf(props.document, content.schema)}
        </p>
      </Show>
      <Show when={content?.schema}>
        {(schema) => <SchemaView document={props.document} schema={schema()} />}
      </Show>
      <For each={examples()}>
        {({ summary, value }) => (
          <figure>
            <figcaption>{summary ?? "Example"}</figcaption>
            <pre tabindex="0">{JSON.stringify(value, null, 2)}</pre>
          </figure>
        )}
      </For>
      <Show when={!content}>
        <p class="type">No body</p>
      </Show>
    </details>
  );
}

/** The schema's own example, where the document gives none for the answer as a whole. */
function made(document: Document, schema: Schema | undefined): { summary?: string; value?: unknown }[] {
  return schema ? [{ value: example(document, schema) }] : [];
}

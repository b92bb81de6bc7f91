import { For, Show } from "solid-js";
import { type Document, limits, resolve, type Schema, typeOf } from "./openapi";
import { Prose } from "./Prose";

/** The members of a JSON object: name, type, limits and meaning. Nested objects follow below their member. */
export function SchemaView(props: { document: Document; schema: Schema; depth?: number }) {
  const object = () => innermost(props.document, props.schema);
  const members = () => Object.entries(object().properties ?? {});
  return (
    <Show
      when={members().length > 0}
      fallback={
        <p class="type">
          {typeOf(props.document, props.schema)}
          <Show when={limits(object()).length}>, {limits(object()).join(", ")}</Show>
        </p>
      }
    >
      <dl class="members">
        <For each={members()}>
          {([name, schema]) => (
            <div>
              <dt>
                <code>{name}</code>
                <Show when={object().required?.includes(name)}>
                  <span class="required">required</span>
                </Show>
              </dt>
              <dd>
                <p class="type">{[typeOf(props.document, schema), ...limits(schema)].join(", ")}</p>
                <Prose text={resolve(props.document, schema).description} />
                <Show when={(props.depth ?? 0) < 3 && innermost(props.document, schema).properties}>
                  <SchemaView document={props.document} schema={schema} depth={(props.depth ?? 0) + 1} />
                </Show>
              </dd>
            </div>
          )}
        </For>
      </dl>
    </Show>
  );
}

/** The object that a schema is, lists, or may be. */
function innermost(document: Document, given: Schema): Schema {
  const schema = resolve(document, given);
  if (schema.items) return innermost(document, schema.items);
  const variants = (schema.oneOf ?? schema.anyOf ?? schema.allOf ?? []).map((it) => innermost(document, it));
  return variants.find((it) => it.properties) ?? schema;
}

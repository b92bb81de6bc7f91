import { For, Show } from "solid-js";

const INLINE = /(`[^`]+`|\*\*[^*]+\*\*|\[[^\]]+\]\([^)\s]+\))/;

/** The little Markdown that descriptions use: paragraphs, lists, code, strong words and links. */
export function Prose(props: { text: string | undefined }) {
  const blocks = () => (props.text ?? "").split(/\n{2,}/).filter((it) => it.trim() !== "");
  return <For each={blocks()}>{(block) => <Block text={block.trim()} />}</For>;
}

function Block(props: { text: string }) {
  const items = () => props.text.split(/\n(?=[-*] )/);
  return (
    <Show when={/^[-*] /.test(props.text)} fallback={<p>{inline(props.text)}</p>}>
      <ul class="bullets">
        <For each={items()}>{(item) => <li>{inline(item.replace(/^[-*] /, ""))}</li>}</For>
      </ul>
    </Show>
  );
}

function inline(text: string) {
  return text.split(INLINE).map((part) => {
    if (part.startsWith("`")) return <code>{part.slice(1, -1)}</code>;
    if (part.startsWith("**")) return <strong>{part.slice(2, -2)}</strong>;
    const link = /^\[([^\]]+)\]\(([^)]+)\)$/.exec(part);
    return link ? <a href={link[2]}>{link[1]}</a> : part;
  });
}

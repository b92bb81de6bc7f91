/** A whole text as somebody wrote it, to be compared with another one. */
export function Written(props: { text: string }) {
  return (
    <p class="quoted" dir="auto">
      {props.text || <i>Nothing</i>}
    </p>
  );
}

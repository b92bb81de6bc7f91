import { render } from "solid-js/web";
import { createPreferences } from "../ui/preferences";
import { Reference } from "./Reference";
import "../ui/tokens.css";
import "../ui/base.css";
import "../ui/controls.css";
import "../ui/fields.css";
import "./reference.css";

function Page() {
  createPreferences();
  return <Reference />;
}

render(() => <Page />, document.getElementById("app") as HTMLElement);

import { render } from "solid-js/web";
import { App } from "./App";
import "./ui/tokens.css";
import "./ui/base.css";
import "./ui/controls.css";
import "./ui/fields.css";
import "./ui/dialog.css";
import "./tasks/desk.css";
import "./tasks/tasks.css";
import "./tasks/states.css";
import "./tasks/narrow.css";

render(() => <App />, document.getElementById("app") as HTMLElement);

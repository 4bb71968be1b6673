import { render } from "preact";
import "uplot/dist/uPlot.min.css";
import "./console.css";
import { begin } from "./desk.ts";
import { App } from "./parts/app.tsx";
import { applyTheme } from "./parts/theme.ts";

applyTheme();
const root = document.getElementById("app");
if (root !== null) render(<App />, root);
void begin();
addEventListener("hashchange", () => location.reload());

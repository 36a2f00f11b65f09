/** The plugins that Lab and Notebook load: one draws outputs, the other everything around them. */
import { panelPlugin } from "./panel-plugin";
import { rendererPlugin } from "./renderer-plugin";

export default [rendererPlugin, panelPlugin];

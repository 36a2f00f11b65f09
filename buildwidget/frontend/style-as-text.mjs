/** Style sheets become text in the bundle, minified: a loader of esbuild alone would keep every blank. */
import { readFile } from "node:fs/promises";
import { transform } from "esbuild";

export const styleAsText = {
  name: "style-as-text",
  setup(builder) {
    builder.onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const { code } = await transform(await readFile(path, "utf8"), { loader: "css", minify: true });
      return { contents: code, loader: "text" };
    });
  },
};

/* Browser-support lint over every script the pages are served with: syntax and built-ins newer than Chromium 86
   are refused. eslint-plugin-compat knows the browser's interfaces, eslint-plugin-es-x the language's own methods. */
import compat from "eslint-plugin-compat";
import esX from "eslint-plugin-es-x";

/* Chrome 86 knows ECMAScript 2020 and, of 2021, everything (??= came with 85). */
const AFTER_2021 = ["no-new-in-es2022", "no-new-in-es2023", "no-new-in-es2024", "no-new-in-esnext"];
const builtIns = Object.assign({}, ...AFTER_2021.map((name) => esX.configs[`flat/${name}`].rules));
/* Without types map() of an array and of an iterator look the same; the array's is as old as Chrome 1. */
for (const name of Object.keys(builtIns)) {
  if (name.startsWith("es-x/no-iterator-prototype-")) {
    builtIns[name] = "off";
  }
}

export default [
  /* xregexp only turns titles into slugs, which our admin pages do not do; jQuery is served minified. */
  { ignores: ["!.venv/", "!node_modules/", "!node_modules/echarts/", "**/vendor/xregexp/", "**/vendor/jquery/jquery.js", "**/vendor/select2/select2.full.js"] },
  {
    files: ["static/**/*.js", "**/site-packages/**/*.js", "node_modules/echarts/dist/*.js"],
    plugins: { compat, "es-x": esX },
    languageOptions: { ecmaVersion: 2021, sourceType: "script" },
    /* aggressive: x.at(0) is refused whatever x is, as nothing says its type. */
    settings: { "es-x": { aggressive: true }, lintAllEsApis: true },
    linterOptions: { reportUnusedDisableDirectives: "off" },
    rules: { ...builtIns, "compat/compat": "error" },
  },
  {
    files: ["static/js/*.js"],
    rules: {
      "no-undef": "error",
      "no-unused-vars": "error",
      "no-eval": "error",
      eqeqeq: "error",
    },
    languageOptions: { globals: { window: "readonly", document: "readonly" } },
  },
  /* Methods of the library's own that share a name with newer ones of the language: a rectangle's union, a chart's resize. */
  {
    files: ["node_modules/echarts/dist/*.js", "static/js/charts.js"],
    rules: { "es-x/no-set-prototype-union": "off", "es-x/no-resizable-and-growable-arraybuffers": "off" },
  },
  /* Modules, for a scope of their own. */
  { files: ["static/js/entry*.js", "static/js/matrix.js", "static/js/targets.js"], languageOptions: { sourceType: "module" } },
  {
    files: ["*.mjs"],
    languageOptions: { ecmaVersion: 2025, sourceType: "module" },
  },
];

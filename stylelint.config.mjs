/* Browser-support lint over every stylesheet the pages are served with.

   Two sources, because neither is complete: doiuse (caniuse data, through the plugin) and the rule below over MDN's
   compatibility data, which also knows single properties, values, functions, pseudo-classes and at-rules.
   The oldest browser we serve is written once, in package.json ("browserslist": chrome 86). */
import { createRequire } from "node:module";

import selectorParser from "postcss-selector-parser";
import stylelint from "stylelint";
import valueParser from "postcss-value-parser";

const require = createRequire(import.meta.url);
const compat = require("@mdn/browser-compat-data").css;
const oldest = Number(require("./package.json").browserslist[0].replace("chrome ", ""));

const RULE = "livelihood/browser-support";
/* Units MDN files under the sentence that describes them, with the Chrome that brought them. */
const NEW_UNITS = /^[-+]?[\d.]+(?:cq(?:w|h|i|b|min|max)|[dsl]v(?:w|h|i|b|min|max)|r?lh|r?cap|r?ic|rex|rch)$/i;
const FUNCTIONS = new Map(
  Object.values(compat.types).flatMap((type) => Object.entries(type)).filter(([name]) => name !== "__compat"),
);
for (const [name, type] of Object.entries(compat.types)) {
  FUNCTIONS.set(name, type);
}

/** The Chrome version that brought a feature, or null when every Chrome we serve has it (or MDN does not know). */
function tooNew(feature) {
  const chrome = feature?.__compat?.support?.chrome;
  if (!chrome) {
    return null;
  }
  const statements = (Array.isArray(chrome) ? chrome : [chrome]).filter(
    (one) => !one.prefix && !one.flags && !one.alternative_name,
  );
  const supported = statements.some((one) => Number.parseInt(one.version_added, 10) <= oldest || one.version_added === true);
  return supported ? null : `Chrome ${statements[0]?.version_added || "—"}`;
}

const rule = (_on, { ignore = [] } = {}) => (root, result) => {
  const refuse = (node, what, since) =>
    stylelint.utils.report({ ruleName: RULE, result, node, message: `${what} needs ${since}; pages are served to Chrome ${oldest} (${RULE})` });
  const check = (node, what, feature) => {
    const since = ignore.includes(what) ? null : tooNew(feature);
    if (since) {
      refuse(node, what, since);
    }
  };

  root.walkDecls((declaration) => {
    const name = declaration.prop;
    /* With a prefixed twin beside it the plain name is only for newer browsers. */
    const hasTwin = declaration.parent.some((other) => other.prop === `-webkit-${name}`);
    if (hasTwin) {
      return;
    }
    const property = compat.properties[name];
    check(declaration, `${name}:`, property);
    valueParser(declaration.value).walk((part) => {
      if (part.type === "function") {
        check(declaration, `${part.value}()`, FUNCTIONS.get(part.value) ?? property?.[part.value]);
        return part.value !== "url";
      }
      if (part.type === "word") {
        check(declaration, `${name}: ${part.value}`, property?.[part.value]);
        if (NEW_UNITS.test(part.value)) {
          refuse(declaration, `unit of ${part.value}`, "a newer Chrome");
        }
      }
      return true;
    });
  });

  root.walkAtRules((atRule) => {
    const known = compat["at-rules"][atRule.name];
    check(atRule, `@${atRule.name}`, known);
    if (atRule.name === "media") {
      for (const [, feature] of atRule.params.matchAll(/\(\s*([\w-]+)/g)) {
        check(atRule, `@media (${feature})`, known[feature.replace(/^(min|max)-/, "")]);
      }
      if (/[<>]/.test(atRule.params)) {
        refuse(atRule, "@media with < or >", "Chrome 104");
      }
    }
  });

  root.walkRules((styleRule) => {
    if (styleRule.parent.type === "rule") {
      refuse(styleRule, "nesting", "Chrome 112");
    }
    if (styleRule.parent.type === "atrule" && styleRule.parent.name.endsWith("keyframes")) {
      return;
    }
    selectorParser((selectors) => {
      selectors.walkPseudos((pseudo) => {
        const pseudoName = pseudo.value.replace(/^::?/, "");
        if (!pseudoName.startsWith("-")) {
          check(styleRule, pseudo.value, compat.selectors[pseudoName]);
        }
        if (pseudo.value === ":not" && pseudo.nodes.length > 1) {
          refuse(styleRule, ":not() with a list", "Chrome 88");
        }
      });
    }).processSync(styleRule.selector);
  });
};
rule.ruleName = RULE;
rule.messages = {};
rule.meta = { url: "" };

export default {
  plugins: ["stylelint-no-unsupported-browser-features", stylelint.createPlugin(RULE, rule)],
  rules: {
    [RULE]: true,
    /* Partly supported features are judged by the rule above, value by value; so is a list in :not(),
       for which doiuse takes every :not() in a list of selectors. */
    "plugin/no-unsupported-browser-features": [
      true,
      { severity: "error", ignorePartialSupport: true, ignore: ["css-not-sel-list"] },
    ],
  },
  overrides: [
    {
      /* Bootstrap itself: the offset of a link's underline is lost without harm; ::file-selector-button has its
         older twin in a rule of its own; `inset` and the older name of print-color-adjust serve floating labels
         and tick boxes on paper, which no page of ours uses. */
      files: ["**/bootstrap/dist/css/*.css"],
      rules: {
        [RULE]: [true, { ignore: ["text-underline-offset:", "::file-selector-button", "inset:", "color-adjust:"] }],
      },
    },
    {
      /* Django's admin, for administrators only: what is lost is a border in high-contrast mode, the mark of a
         filter in use and the hiding of two password lines. */
      files: ["**/contrib/admin/static/admin/css/**/*.css"],
      rules: {
        [RULE]: [true, { ignore: [":has", "@media (forced-colors)"] }],
        "plugin/no-unsupported-browser-features": [
          true,
          { severity: "error", ignorePartialSupport: true, ignore: ["css-not-sel-list", "css-has"] },
        ],
      },
    },
  ],
};

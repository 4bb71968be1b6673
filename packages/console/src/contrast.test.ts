// Goal: every text of the console has the contrast that WCAG 2.2 AA asks for, in light and dark.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const STYLES = readFileSync(new URL("console.css", import.meta.url), "utf8");

/** The colours of a theme by their names. */
function colours(selector: string): ReadonlyMap<string, string> {
  const start = STYLES.indexOf(`${selector} {`);
  assert.notEqual(start, -1);
  const block = STYLES.slice(start, STYLES.indexOf("}", start));
  return new Map(
    [...block.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name = "", hex = ""]) => [
      name,
      hex,
    ]),
  );
}

const THEMES = {
  light: colours(":root"),
  dark: new Map([...colours(":root"), ...colours('[data-theme="dark"]')]),
};

/** Text on ground, where both are tokens or colours. */
const TEXTS: Readonly<Record<keyof typeof THEMES, readonly (readonly [string, string])[]>> = {
  light: [
    ["#ffffff", "buy"],
    ["#ffffff", "sell"],
    ["#a01f30", "sell-soft"],
    ["#075a3d", "buy-soft"],
    ["#714700", "warn-soft"],
    ["#164a99", "select"],
  ],
  dark: [
    ["#0b1220", "buy"],
    ["#0b1220", "sell"],
    ["sell", "sell-soft"],
    ["buy", "buy-soft"],
    ["warn", "warn-soft"],
    ["accent", "select"],
  ],
};
const BOTH: readonly (readonly [string, string])[] = [
  ...["bg", "panel", "raised", "select", "buy-soft", "sell-soft"].map(
    (ground) => ["text", ground] as const,
  ),
  ...["bg", "panel", "raised", "select"].map((ground) => ["dim", ground] as const),
  ...["buy", "sell", "warn", "accent"].map((text) => [text, "panel"] as const),
  ["text", "warn-soft"],
  ["buy", "raised"],
  ["sell", "raised"],
  ["on-accent", "accent"],
];

for (const [name, theme] of Object.entries(THEMES)) {
  const hexOf = (colour: string): string => theme.get(colour) ?? colour;
  test(`contrast: text in ${name} is at least 4.5 to 1`, () => {
    const low = [...BOTH, ...TEXTS[name as keyof typeof TEXTS]]
      .map(([text, ground]) => [text, ground, ratio(hexOf(text), hexOf(ground))] as const)
      .filter(([, , contrast]) => contrast < 4.5);
    assert.deepEqual(low, []);
  });

  test(`contrast: edges of fields and the focus in ${name} are at least 3 to 1`, () => {
    for (const edge of ["edge", "accent", "sell"]) {
      assert.ok(ratio(hexOf(edge), hexOf("panel")) >= 3, edge);
    }
  });
}

function ratio(a: string, b: string): number {
  const [low = 0, high = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return Math.round((100 * (high + 0.05)) / (low + 0.05)) / 100;
}

function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

// What a text needs to stand in HTML and in SVG.

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

export const escape = (text: string): string => text.replace(/[&<>"']/g, (it) => entities[it]);

/** For coordinates: short, and precise enough for a picture some ten thousand pixels wide. */
export const percent = (part: number, whole: number): string =>
  `${whole > 0 ? Number(((100 * part) / whole).toFixed(4)) : 0}%`;

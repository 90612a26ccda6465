// Looks whether markup is well formed.

/** What opens and is not closed, or the other way round. */
export function tagsOf(markup: string): string[] {
  const open: string[] = [];
  const wrong: string[] = [];
  const isVoid = /^(meta|input|wbr)$/;
  const text = markup.replace(/<!doctype html>/, "").replace(/<style>[^<]*<\/style>/g, "");
  for (const [, tag] of text.matchAll(/<([^>]*)>/g)) {
    const [name] = tag.split(/[\s/]/, 1);
    const attributes = tag.slice(name.length).replace(/\/$/, "");
    if (tag.startsWith("/")) {
      if (open.pop() !== tag.slice(1)) wrong.push(tag);
    } else if (!/^[a-z]\w*$/.test(name) || !/^(\s+[\w:-]+(="[^"<]*")?)*$/.test(attributes)) {
      wrong.push(tag);
    } else if (!tag.endsWith("/") && !isVoid.test(name)) open.push(name);
  }
  const loose = text.replace(/<[^>]*>/g, "").match(/[<>]|&(?!(amp|lt|gt|quot|#39);)/g) ?? [];
  return [...wrong, ...open, ...loose];
}

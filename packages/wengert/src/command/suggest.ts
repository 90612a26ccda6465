/** How many letters to insert, delete or replace turn one word into another. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j] + 1, next[j - 1] + 1));
    }
    row = next;
  }
  return row[b.length];
}

/** The candidate that a word was probably meant to be, if any is near enough. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const lower = word.toLowerCase();
  const far = 1 + Math.max(1, Math.floor(lower.length / 2.5));
  const rated = candidates.map((candidate) => {
    const isStart = lower.length >= 2 && candidate.toLowerCase().startsWith(lower);
    return { candidate, distance: isStart ? 0 : distance(lower, candidate.toLowerCase()) };
  });
  rated.sort((a, b) => a.distance - b.distance);
  return rated.length > 0 && rated[0].distance < far ? rated[0].candidate : undefined;
}

/** "Did you mean x?", or what there is. */
export function didYouMean(word: string, candidates: readonly string[], kind: string): string {
  const meant = nearest(word, candidates);
  if (meant !== undefined) return `Did you mean ${meant}?`;
  return `The ${kind} are ${candidates.join(", ")}.`;
}

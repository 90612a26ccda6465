/** cos and sin of 2πk/n, exact to the last bit or nearly so: the angle is reduced to an eighth of a
 *  turn in integers first. */
export function unitRoot(k: number, n: number): [cos: number, sin: number] {
  // Eighths of a turn: 8k/n = octant + rest/n.
  const scaled = 8 * (((k % n) + n) % n);
  const octant = Math.floor(scaled / n);
  const rest = scaled - octant * n;
  // Odd octants are measured from their far end.
  const angle = (Math.PI / 4) * ((octant % 2 === 0 ? rest : n - rest) / n);
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  switch (octant) {
    case 0:
      return [c, s];
    case 1:
      return [s, c];
    case 2:
      return [-s, c];
    case 3:
      return [-c, s];
    case 4:
      return [-c, -s];
    case 5:
      return [-s, -c];
    case 6:
      return [s, -c];
    default:
      return [c, -s];
  }
}

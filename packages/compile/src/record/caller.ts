/** Frames of Wengert's own files, in a checkout and as installed. */
const own = /[\\/](packages[\\/](autograd|compile|nn|optim)[\\/](src|dist)|@wengert)[\\/]/;

/** Where the user's code called the op that is running, as " at file:line"; empty if not known. */
export function callerLine(): string {
  const frames = (new Error().stack ?? "").split("\n").slice(1);
  const frame = frames.find((line) => /:\d+:\d+/.test(line) && !own.test(line));
  const place = frame && /\(?((?:file:\/\/)?[^\s()]+:\d+):\d+\)?$/.exec(frame.trim());
  return place ? ` at ${place[1].replace("file://", "")}` : "";
}

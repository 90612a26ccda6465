/** Frames of Wengert's own files, in a checkout and as installed. */
const own = /[\\/](packages[\\/](autograd|compile|nn|optim|wengert)[\\/](src|dist)|@wengert)[\\/]/;

/** Own frames may be many: a model calls layers, these call ops, these each other. */
const depth = 60;

/** V8's limit to the frames of a stack; other engines do not look at it. */
const traced = Error as { stackTraceLimit?: number };

/** Where the user's code called the op that is running, as " at file:line"; empty if not known. */
export function callerLine(): string {
  const limit = traced.stackTraceLimit;
  traced.stackTraceLimit = depth;
  const { stack } = new Error();
  traced.stackTraceLimit = limit;
  return placeIn(stack);
}

/** The first place of a stack that is not in Wengert's own files, as " at file:line"; empty if there is none. */
export function placeIn(stack = ""): string {
  const frames = stack.split("\n").slice(1);
  const frame = frames.find((line) => /:\d+:\d+/.test(line) && !own.test(line));
  const place = frame && /\(?((?:file:\/\/)?[^\s()]+:\d+):\d+\)?$/.exec(frame.trim());
  return place ? ` at ${place[1].replace("file://", "")}` : "";
}

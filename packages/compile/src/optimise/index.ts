// From a recorded graph to the plan of a program: every pass, in order.
import type { Graph } from "../graph/graph.ts";
import { verify } from "../graph/verify.ts";
import type { Plan } from "../plan/group.ts";
import { blockScans } from "../plan/blocked-scan.ts";
import { blockScatters } from "../plan/blocked-scatter.ts";
import { lower } from "../plan/lower.ts";
import { schedule } from "../plan/schedule.ts";
import { isTurns, wantedBody } from "../plan/turns.ts";
import { chains, epilogues, fuse } from "./fuse.ts";
import { gatherWindows } from "./gather-windows.ts";
import { inlineCheap } from "./inline.ts";
import { pruneStores } from "./prune.ts";
import { assemble, joinAssembled } from "./assemble.ts";
import { fold, removeDead, shareEqual } from "./simplify.ts";

export interface Pass<T> {
  readonly name: string;
  readonly run: (program: T) => T;
}

export const graphPasses: readonly Pass<Graph>[] = [
  { name: "remove dead", run: removeDead },
  { name: "fold", run: fold },
  { name: "share equal", run: shareEqual },
  { name: "gather windows", run: gatherWindows },
  { name: "join assembled", run: joinAssembled },
  { name: "remove dead again", run: removeDead },
];

export const planPasses: readonly Pass<Plan>[] = [
  { name: "block scans", run: blockScans },
  { name: "block scatters", run: blockScatters },
  { name: "inline", run: inlineCheap },
  { name: "epilogues", run: (plan) => pruneStores(fuse(plan, epilogues)) },
  { name: "chains", run: (plan) => pruneStores(fuse(plan, chains)) },
  { name: "inline again", run: inlineCheap },
  { name: "chains again", run: (plan) => pruneStores(fuse(plan, chains)) },
  { name: "schedule", run: schedule },
];

/** `skip` leaves passes out by name, for tests: no pass may change a value. */
export function optimise(
  graph: Graph,
  skip: ReadonlySet<string> = new Set(),
  sites: string[] = [],
): Plan {
  let current = verify(graph, "recording");
  for (const pass of graphPasses) {
    if (!skip.has(pass.name)) current = verify(pass.run(current), pass.name);
  }
  const final = verify(assemble(current), "assembling");
  // The body of a loop is a program of its own: what holds for one holds for the other.
  const bodies = new Map<number, Plan>();
  final.nodes.forEach((node, id) => {
    if (isTurns(node)) bodies.set(id, optimise(wantedBody(final, id, node), skip, sites));
  });
  let plan = lower(final, bodies, sites);
  for (const pass of planPasses) if (!skip.has(pass.name)) plan = pass.run(plan);
  return plan;
}

/** Why there is no program for many sizes; `message` says it to people. Whoever asks for one makes a
 *  program for each size instead. */
export class NotSymbolic extends Error {}

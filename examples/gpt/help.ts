import { DEFAULTS } from "./defaults.ts";

export const HELP = `Trains a small GPT on Moby-Dick, character by character, and lets it write.

Usage: npm run gpt -- [options]

  --steps N           training steps (default ${DEFAULTS.steps})
  --layers N          blocks of attention and multilayer perceptron (default ${DEFAULTS.layers})
  --width N           features of a character (default ${DEFAULTS.width})
  --heads N           attention heads; they divide the width (default ${DEFAULTS.heads})
  --context N         characters that the model sees (default ${DEFAULTS.context})
  --batch N           windows of text per step (default ${DEFAULTS.batch})
  --lr RATE           learning rate at its peak: a short rise, then half a cosine to 0
                      (default ${DEFAULTS.lr})
  --seed N            first weights, order of the text and sample; same seed, same figures
                      (default ${DEFAULTS.seed})
  --eager             run op after op as they are called, instead of compiling a training step to
                      one WebAssembly program; slower, with the same results up to rounding
  --sample N          characters that it writes at the end (default ${DEFAULTS.sample})
  --temperature X     below 1 it writes what is likely, above 1 it dares more (default ${DEFAULTS.temperature})
  --json              print only the final figures, as one line of JSON, on standard output;
                      everything else goes to standard error
  --help, -h          show this text

Losses are bits per character. The last tenth of the book is held out, and a trigram model is
measured on it, too. Ctrl-C ends the training, measures and writes; a second one ends at once.
Exit codes: 0 done, 1 failed, 2 wrong usage, 130 ended by Ctrl-C.
`;

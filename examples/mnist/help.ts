import { DEFAULT_EPOCHS, DEFAULT_LEARNING_RATE, DEFAULTS, MODELS, OPTIMIZERS } from "./defaults.ts";

const rates = OPTIMIZERS.map((name) => `${DEFAULT_LEARNING_RATE[name]} for ${name}`).join(", ");
const epochs = MODELS.map((name) => `${DEFAULT_EPOCHS[name]} for ${name}`).join(", ");

export const HELP = `Trains a network on the handwritten digits of MNIST and writes a report about it.

Usage: npm start -- [options]

  --model NAME        mlp, fully connected layers, or lenet5, a convolutional network
                      (default ${DEFAULTS.model})
  --hidden SIZES      sizes of the hidden layers of mlp, e.g. 300 or 300,100 (default ${DEFAULTS.hidden.join(",")})
  --epochs N          passes over the training images (default ${epochs})
  --batch N           images per step (default ${DEFAULTS.batch})
  --lr RATE           learning rate at the start; it falls to 0 along a half cosine
                      (default ${rates})
  --optimizer NAME    ${OPTIMIZERS.join(", ")} (default ${DEFAULTS.optimizer})
  --seed N            first weights and order of the images; same seed, same figures
                      (default ${DEFAULTS.seed})
  --limit N           train on the first N images only (default ${DEFAULTS.limit}); the test is
                      always on all 10000 test images, so that its error stays comparable
  --eager             run op after op as they are called, instead of compiling a training step to
                      one WebAssembly program; slower, with the same results up to rounding
  --out FOLDER        where the results go (default: a new folder under runs/)
  --json              print only the final figures, as one line of JSON, on standard output;
                      testError is in per cent, everything else goes to standard error
  --help, -h          show this text

Results: report.html (opens without a network) and weights.safetensors.
Ctrl-C ends the training and saves what was learnt so far; a second one ends at once.
Exit codes: 0 done, 1 failed, 2 wrong usage, 130 ended by Ctrl-C.
`;

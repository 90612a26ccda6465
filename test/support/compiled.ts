// Puts the compiler in the place of the eager executor, for suites that run twice.
import { setExecutor } from "@wengert/autograd/compiler";
import { compiledExecutor, setThreads } from "@wengert/compile";

// One thread: these programs are small, and every test file is a process of its own.
setThreads(1);
setExecutor(compiledExecutor);

/** The experiments of the package are known to every test, as they are to whoever imports an entry of the package. */
import '../../src/experiments/index.js';

/**
 * A Clay of our own for demos, rehearsals, tests and benchmarks. Knows nothing of the rest of Kiln.
 */
@NullMarked
package dev.kiln.simulate;

import org.jspecify.annotations.NullMarked;

/** The benchmark: {@code src/bench/run} and what belongs to it. No part of the product. */
@NullMarked
package dev.kiln.bench;

import org.jspecify.annotations.NullMarked;

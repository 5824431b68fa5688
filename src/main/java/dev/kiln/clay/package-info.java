/**
 * What Clay is and what its answers mean: the catalogue, rotation of webhooks, pace and the rules
 * of delivery.
 */
@NullMarked
package dev.kiln.clay;

import org.jspecify.annotations.NullMarked;

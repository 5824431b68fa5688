/**
 * The Camel application: wiring, settings and the beans that the routes call by name. The only
 * package that knows Camel.
 */
@NullMarked
package dev.kiln;

import org.jspecify.annotations.NullMarked;

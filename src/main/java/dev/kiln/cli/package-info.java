/** The commands: their options, exit codes and what they print. Holds no rule of its own. */
@NullMarked
package dev.kiln.cli;

import org.jspecify.annotations.NullMarked;

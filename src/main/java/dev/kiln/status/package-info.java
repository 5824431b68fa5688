/** What is going on, as facts for people and programs. Reads the ledger and changes nothing. */
@NullMarked
package dev.kiln.status;

import org.jspecify.annotations.NullMarked;

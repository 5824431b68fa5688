/**
 * The one source of truth and the queue: the state of every lead, webhook, table and run, and the
 * only code that changes it.
 */
@NullMarked
package dev.kiln.ledger;

import org.jspecify.annotations.NullMarked;

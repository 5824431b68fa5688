/**
 * What so many leads take at Clay: time, webhooks, tables, Data Credits, Actions, and the plan that
 * holds them. Arithmetic on the catalogue and the ledger's figures; changes nothing.
 */
@NullMarked
package dev.kiln.plan;

import org.jspecify.annotations.NullMarked;

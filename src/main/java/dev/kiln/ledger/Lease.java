package dev.kiln.ledger;

import java.time.Instant;

/**
 * The right to deliver for one workspace.
 *
 * @param workspace the workspace
 * @param holder the node that holds it
 * @param epoch grows by one each time that the lease is taken
 * @param until the ledger's time at which it ends unless renewed
 */
public record Lease(String workspace, String holder, long epoch, Instant until) {}

package dev.kiln.ledger;

import org.jspecify.annotations.Nullable;

/**
 * Content that lies on the disk, on its way to be a run.
 *
 * @param id the id that the run gets, unless the content has one already
 * @param name what a person calls it
 * @param source its source; empty where none was given
 * @param priority its priority
 * @param contentHash identifies the content
 * @param dedupe what becomes of leads that are known already
 * @param anew whether content that was read before is read once more, with that
 * @param key the idempotency key of a sender over HTTP; null without one
 */
public record Submission(
    String id,
    String name,
    String source,
    Priority priority,
    String contentHash,
    DedupeMode dedupe,
    boolean anew,
    @Nullable String key) {}

package dev.kiln.simulate;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A row that a webhook accepted.
 *
 * @param sequence its place among all stored rows, from 1
 * @param webhook the id of the webhook
 * @param workspace the webhook's workspace
 * @param leadId the top-level {@code lead_id}; null when there was none, as in an array
 * @param body the request as it came; null when bodies are not kept
 * @param arrival when it was stored, to the microsecond; never before that of an earlier row
 */
public record StoredRow(
    long sequence,
    String webhook,
    String workspace,
    @Nullable String leadId,
    @Nullable String body,
    Instant arrival) {}

package dev.kiln.clay;

import org.jspecify.annotations.Nullable;

/**
 * One webhook of a table: a place to post leads to, until its cap. Immutable.
 *
 * @param name unique over the whole file; {@code [a-z0-9][a-z0-9-]{0,62}}
 * @param table the name of the table it feeds
 * @param id its identity: the SHA-256 of the URL's UTF-8 bytes in 64 lower-case hexadecimal digits,
 *     so that a renamed webhook keeps its count and a replaced URL starts a new one
 * @param url where to post: {@code https}, or {@code http} to this very computer
 * @param token sent raw as {@code x-clay-webhook-auth}, or null where the webhook has none
 * @param cap submissions after which the next webhook takes over; at least 1, default 45000, at
 *     most 50000 (Clay's limit for a webhook's life) unless the table deletes its rows itself
 * @param used submissions before Kiln first saw this webhook; from 0, the default
 * @param clayTable the Clay table behind it, whose rows are capped too; default the webhook's own
 *     name, and webhooks with the same one share its rows
 */
public record Webhook(
    String name,
    String table,
    String id,
    Secret url,
    @Nullable Secret token,
    int cap,
    int used,
    String clayTable) {
  /** The cap of a webhook that the file gives none: some way short of Clay's 50,000. */
  public static final int DEFAULT_CAP = 45_000;
}

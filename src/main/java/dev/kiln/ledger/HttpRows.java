package dev.kiln.ledger;

import java.util.Optional;
import org.jdbi.v3.core.Handle;

/** The SQL of intake over HTTP: idempotency keys and watermarks. */
final class HttpRows {
  /** What an idempotency key stands for. */
  record Keyed(String source, String contentHash, String run) {}

  private HttpRows() {}

  static Optional<Keyed> find(Handle handle, String key) {
    return handle
        .createQuery(
            "SELECT source, content_hash, run FROM submission WHERE idempotency_key = :key")
        .bind("key", key)
        .map((row, context) -> new Keyed(row.getString(1), row.getString(2), row.getString(3)))
        .findOne();
  }

  /** Notes what a key stands for; false where it stands for something already. */
  static boolean remember(Handle handle, String key, Keyed keyed, long now) {
    return handle
            .createUpdate(
                "INSERT INTO submission (idempotency_key, source, content_hash, run, seen_at)"
                    + " VALUES (:key, :source, :hash, :run, :now) ON CONFLICT (idempotency_key) DO NOTHING")
            .bind("key", key)
            .bind("source", keyed.source)
            .bind("hash", keyed.contentHash)
            .bind("run", keyed.run)
            .bind("now", now)
            .execute()
        == 1;
  }

  static Watermark watermark(Handle handle, String source) {
    return handle
        .createQuery("SELECT position, etag, last_modified FROM watermark WHERE source = :source")
        .bind("source", source)
        .map((row, context) -> new Watermark(row.getString(1), row.getString(2), row.getString(3)))
        .findOne()
        .orElse(Watermark.START);
  }

  static void move(Handle handle, String source, Watermark to, long now) {
    handle
        .createUpdate(
            "INSERT INTO watermark (source, position, etag, last_modified, moved_at)"
                + " VALUES (:source, :position, :etag, :modified, :now)"
                + " ON CONFLICT (source) DO UPDATE SET position = excluded.position, etag = excluded.etag,"
                + " last_modified = excluded.last_modified, moved_at = excluded.moved_at")
        .bind("source", source)
        .bind("position", to.position())
        .bind("etag", to.etag())
        .bind("modified", to.lastModified())
        .bind("now", now)
        .execute();
  }
}

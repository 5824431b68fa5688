package dev.kiln.ledger;

/**
 * How far a polled source was read. A field that holds nothing is empty.
 *
 * @param position where the next round begins or goes on, in the source's own words; empty for its
 *     first page
 * @param etag the ETag of the page that a round begins with
 * @param lastModified the Last-Modified of that page
 */
public record Watermark(String position, String etag, String lastModified) {
  /** Of a source that was never read. */
  public static final Watermark START = new Watermark("", "", "");

  /** Without the position, which may hold a token. */
  @Override
  public String toString() {
    return "Watermark[etag=" + etag + ", lastModified=" + lastModified + "]";
  }
}

package dev.kiln.simulate;

import java.net.URI;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP API column: every row that is stored comes back as one POST, some time later. As Clay
 * does it, per its documents: at most 100 requests a second over a workspace, 100 s for an answer,
 * one more try at once after 408, 413, 429 or no answer at all, and none after anything else.
 *
 * @param url where to, http or https
 * @param webhook only the rows of this webhook; null = all
 * @param headers sent with each request, beside the content type
 * @param template the body: {@code {{name}}} stands for that top-level field of the row as text,
 *     escaped for a JSON string, empty where the row has none; {@code {{sequence}}} for the row's
 *     place among all stored rows
 * @param delay from the row's arrival to its way back
 * @param ratePerSecond requests a second over a workspace, above 0 to 100,000; Clay allows 100
 * @param share of the rows that come back, 0 to 1
 * @param repeats share of those that come back twice, 0 to 1
 */
public record Callback(
    URI url,
    @Nullable String webhook,
    Map<String, String> headers,
    String template,
    Delay delay,
    double ratePerSecond,
    double share,
    double repeats) {
  /** A row as it may well come back: a number as text, a null and an empty text among it. */
  public static final String TEMPLATE =
      "{\"lead_id\":\"{{lead_id}}\",\"email\":\"{{email}}\",\"employees\":\"{{sequence}}\",\"title\":null,\"phone\":\"\"}";

  /**
   * Checks the bounds and copies the headers.
   *
   * @throws IllegalArgumentException when a value is outside
   */
  public Callback {
    if (url.getHost() == null || url.getScheme() == null || !url.getScheme().matches("https?")) {
      throw new IllegalArgumentException("url: http:// or https:// and a host");
    }
    if (!(ratePerSecond > 0 && ratePerSecond <= 100_000)) {
      throw new IllegalArgumentException("ratePerSecond: above 0 to 100000, not " + ratePerSecond);
    }
    requireShare("share", share);
    requireShare("repeats", repeats);
    headers = Collections.unmodifiableMap(new LinkedHashMap<>(headers));
  }

  private static void requireShare(String name, double share) {
    if (!(share >= 0 && share <= 1)) {
      throw new IllegalArgumentException(name + ": 0 to 1, not " + share);
    }
  }

  /**
   * Every row, once, at once, as Clay sends it.
   *
   * @param url where to
   * @param headers sent with each request
   */
  public static Callback of(URI url, Map<String, String> headers) {
    return new Callback(url, null, headers, TEMPLATE, Delay.NONE, 100, 1, 0);
  }

  /** This column after a wait. */
  public Callback withDelay(Delay changed) {
    return new Callback(url, webhook, headers, template, changed, ratePerSecond, share, repeats);
  }

  /** This column with another body. */
  public Callback withTemplate(String changed) {
    return new Callback(url, webhook, headers, changed, delay, ratePerSecond, share, repeats);
  }

  /** This column at another rate. */
  public Callback withRate(double changed) {
    return new Callback(url, webhook, headers, template, delay, changed, share, repeats);
  }

  /**
   * This column with some rows lost and some doubled.
   *
   * @param returned the share of the rows that come back
   * @param twice the share of those that come back twice
   */
  public Callback withShares(double returned, double twice) {
    return new Callback(url, webhook, headers, template, delay, ratePerSecond, returned, twice);
  }
}

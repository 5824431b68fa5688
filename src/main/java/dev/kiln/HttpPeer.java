package dev.kiln;

import dev.kiln.clay.Loopback;
import dev.kiln.clay.Placeholders;
import dev.kiln.clay.Secret;
import dev.kiln.lead.InvalidConfiguration;
import java.net.URI;
import java.net.http.HttpRequest;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Another system that a route asks or posts to. Its URL is a secret too.
 *
 * @param url where it is
 * @param header carries the secret
 * @param secret the value of that header; null without one
 */
record HttpPeer(URI url, String header, @Nullable Secret secret) {
  /** In place of the name of a secret: there is none. */
  static final String NONE = "none";

  /** The header that carries the secret where none is named. */
  static final String AUTHORIZATION = "Authorization";

  private static final Pattern HEADER = Pattern.compile("[A-Za-z0-9-]+");
  private static final Pattern HEADER_VALUE = Pattern.compile("[\\x20-\\x7e]+");

  /**
   * Reads the parameters of a route.
   *
   * @param url the file under config/secrets that holds the URL
   * @param header the header that carries the secret
   * @param secret the file that holds its value, or {@code none}
   * @param fault makes a fault of a message that begins with a verb
   * @throws InvalidConfiguration if one is wrong or a secret is missing
   */
  static HttpPeer of(
      String url,
      String header,
      String secret,
      Placeholders placeholders,
      Function<String, InvalidConfiguration> fault) {
    if (!HEADER.matcher(header).matches()) {
      throw fault.apply("has a parameter header that is no name of a header");
    }
    if (!mayBeSent(header)) {
      throw fault.apply(
          "has \""
              + header
              + "\" as its parameter header, which HTTP itself sets: name another one");
    }
    return new HttpPeer(
        url(revealed(url, "its URL", placeholders, fault), fault),
        header,
        secret.equals(NONE) ? null : value(secret, placeholders, fault));
  }

  /** Whether the HTTP client lets a request bear a header: it sets Host and its like by itself. */
  private static boolean mayBeSent(String header) {
    try {
      HttpRequest.newBuilder().header(header, "any");
      return true;
    } catch (IllegalArgumentException restricted) {
      return false;
    }
  }

  /** A peer that no secret is sent to but its URL. */
  static HttpPeer of(String url, Function<String, InvalidConfiguration> fault) {
    return new HttpPeer(url(url, fault), AUTHORIZATION, null);
  }

  private static Secret value(
      String secret, Placeholders placeholders, Function<String, InvalidConfiguration> fault) {
    String value = revealed(secret, "what its requests must bear", placeholders, fault);
    if (!HEADER_VALUE.matcher(value).matches()) {
      throw fault.apply("has a secret that is no line of plain ASCII");
    }
    return new Secret(value);
  }

  /** What the file of a secret holds. */
  static String revealed(
      String name,
      String holds,
      Placeholders placeholders,
      Function<String, InvalidConfiguration> fault) {
    return placeholders.resolve("{{secret:" + name + "}}", holds, fault).orElseThrow();
  }

  private static URI url(String text, Function<String, InvalidConfiguration> fault) {
    try {
      URI url = URI.create(text);
      String host = url.getHost();
      if (host != null
          && ("https".equals(url.getScheme())
              || ("http".equals(url.getScheme()) && Loopback.is(host)))) {
        return url;
      }
    } catch (IllegalArgumentException notAUrl) {
      // Its message holds the URL; told below without it.
    }
    throw fault.apply(
        "has a URL that does not begin with https://; http:// is for this computer only");
  }

  /** Without URL and secret. */
  @Override
  public String toString() {
    return "HttpPeer";
  }
}

package dev.kiln;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kiln.clay.Placeholders;
import dev.kiln.lead.InvalidConfiguration;
import dev.kiln.status.Alert;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The bean {@code alerts}: posts alerts to an address that is a secret, read anew with each, and
 * never named in a log. Thread-safe.
 */
public final class AlertPost {
  private static final Logger LOG = LoggerFactory.getLogger(AlertPost.class);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Placeholders placeholders;
  private final HttpPoster poster;
  private final AtomicBoolean failing = new AtomicBoolean();

  /**
   * @param placeholders knows the secrets
   * @param poster posts
   */
  AlertPost(Placeholders placeholders, HttpPoster poster) {
    this.placeholders = placeholders;
    this.poster = poster;
  }

  /**
   * Posts one alert as a JSON object of one text, such as {@code {"text": "..."}}.
   *
   * @param news the alert
   * @param url the file under config/secrets that holds the URL
   * @param field the name of the text
   * @return whether it was taken; where not, it is to be posted again
   */
  public boolean post(Alert.News news, String url, String field) {
    try {
      HttpPeer peer =
          HttpPeer.of(
              HttpPeer.revealed(url, "its URL", placeholders, AlertPost::fault), AlertPost::fault);
      int status = poster.post(peer, JSON.writeValueAsString(Map.of(field, news.text())), "alert");
      if (status / 100 == 2) {
        failing.set(false);
        return true;
      }
      fails("it answers " + status);
    } catch (InvalidConfiguration | IOException failure) {
      fails(String.valueOf(failure.getMessage()));
    } catch (InterruptedException stopping) {
      Thread.currentThread().interrupt();
    }
    return false;
  }

  private static InvalidConfiguration fault(String fault) {
    return new InvalidConfiguration(Path.of("alert"), fault);
  }

  private void fails(String why) {
    if (!poster.closed() && !failing.getAndSet(true)) {
      LOG.warn("Alerts cannot be posted ({}); they are posted as soon as they can be", why);
    }
  }
}

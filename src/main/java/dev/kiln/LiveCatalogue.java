package dev.kiln;

import dev.kiln.clay.Catalogue;
import dev.kiln.clay.Delivery;
import dev.kiln.lead.ContentHash;
import dev.kiln.lead.InvalidConfiguration;
import dev.kiln.ledger.LedgerUnavailable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes up what changes in {@code config/clay.yaml} and {@code config/secrets} while Kiln runs: all
 * of it, or nothing where any of it is wrong. Goes by the files' content, so that it does not
 * matter how they are changed: in place, by a rename or by a link that is turned to another folder.
 */
final class LiveCatalogue implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LiveCatalogue.class);
  private static final long LOOK_MILLIS = 500;

  private final Places places;
  private final Delivery delivery;
  private final ScheduledExecutorService watch =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "kiln-configuration");
            thread.setDaemon(true);
            return thread;
          });

  private final ScheduledFuture<?> looks;

  /** What the files hold, by name: as done with, and as seen at the last look. */
  private Map<String, String> done;

  private Map<String, String> seen;
  private volatile @Nullable String refusal;

  /**
   * Watches from now on.
   *
   * @param places where the files are
   * @param delivery goes on with what they say
   */
  LiveCatalogue(Places places, Delivery delivery) throws IOException {
    this.places = places;
    this.delivery = delivery;
    this.done = content();
    this.seen = done;
    this.looks =
        watch.scheduleWithFixedDelay(this::look, LOOK_MILLIS, LOOK_MILLIS, TimeUnit.MILLISECONDS);
  }

  private Map<String, String> content() throws IOException {
    Map<String, String> content = new TreeMap<>();
    content.put("", ContentHash.of(places.clayYaml()));
    if (Files.isDirectory(places.secrets())) {
      try (Stream<Path> secrets = Files.list(places.secrets())) {
        for (Path secret : secrets.filter(Files::isRegularFile).toList()) {
          content.put(secret.getFileName().toString(), ContentHash.of(secret));
        }
      }
    }
    return content;
  }

  /** Why the last change is not taken up; null where it is. */
  @Nullable String refusal() {
    return refusal;
  }

  private void look() {
    try {
      Map<String, String> now = content();
      boolean still = now.equals(seen);
      seen = now;
      if (still && !now.equals(done)) {
        take();
        done = now;
      }
    } catch (IOException | LedgerUnavailable later) {
      LOG.debug("The configuration is looked at again: {}", later.getMessage());
    } catch (RuntimeException fault) {
      LOG.error("The configuration could not be looked at", fault);
    }
  }

  private void take() {
    try {
      Catalogue changed = Catalogue.read(places.clayYaml(), places.secrets(), System.getenv());
      RouteFiles.read(places.routes()).mustAgreeWith(changed, places.clayYaml());
      delivery.apply(changed);
      refusal = null;
      LOG.info("{} has changed and is in force", places.clayYaml());
    } catch (InvalidConfiguration wrong) {
      refuse(wrong.getMessage());
    } catch (IllegalArgumentException impossible) {
      refuse(places.clayYaml() + ": " + impossible.getMessage());
    }
  }

  private void refuse(@Nullable String why) {
    refusal = why;
    LOG.error("A change of the configuration is not taken up, and Kiln goes on as before: {}", why);
  }

  @Override
  public void close() {
    looks.cancel(false);
    watch.shutdown();
  }
}

package dev.kiln;

import dev.kiln.clay.Breakers;
import dev.kiln.clay.Catalogue;
import dev.kiln.clay.Delivery;
import dev.kiln.lead.InvalidConfiguration;
import dev.kiln.ledger.LedgerUnavailable;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.camel.CamelContext;
import org.apache.camel.Component;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes up what changes under config and routes while Kiln runs: all of it, or nothing where any of
 * it is wrong. A change counts once it has stood still between two looks. Of what is in force only
 * that is touched which differs; what is under way there ends first.
 */
final class LiveReload implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LiveReload.class);
  private static final long LOOK_MILLIS = 500;
  private static final long CLOSE_SECONDS = 5;

  /** A wait that takes longer is told. */
  private static final Duration UNNOTICED = Duration.ofSeconds(2);

  /** How much longer than an answer may take leads are waited for. */
  private static final Duration GRACE = Duration.ofSeconds(30);

  /**
   * What reloads change.
   *
   * @param camel where the routes run
   * @param stops knows which routes were stopped
   * @param beans what routes name, but for the breakers
   * @param clayOf makes the component {@code clay} for a catalogue, to try routes out with
   * @param followers are told of each configuration that is taken up
   */
  record Running(
      CamelContext camel,
      RouteStops stops,
      Map<String, Object> beans,
      Breakers breakers,
      Delivery delivery,
      Intake intake,
      PaceBean pace,
      Function<Catalogue, Component> clayOf,
      Followers followers) {}

  /** Are told of each configuration that is taken up. */
  @FunctionalInterface
  interface Followers {
    void follow(Configuration changed) throws Exception;
  }

  /** What is under way does not end: tried again at the next look. */
  private static final class Later extends Exception {
    private static final long serialVersionUID = 1L;

    Later(String why) {
      super(why);
    }
  }

  private final Places places;
  private final Running running;
  private final LiveRoutes routes;
  private final Settings started;
  private final ScheduledExecutorService watch =
      Executors.newSingleThreadScheduledExecutor(Daemons.named("kiln-configuration"));

  /** What is in force. */
  private Configuration inForce;

  /** The files as they are in force, as done with, and as seen at the last look. */
  private ConfigFiles filesInForce;

  /** Null after a look that failed: whatever the files are then, they are taken anew. */
  private @Nullable ConfigFiles done;

  private ConfigFiles seen;

  /** The files of the last look that failed; null since one went well. */
  private @Nullable ConfigFiles failed;

  private boolean told;
  private volatile Reload state;

  /**
   * Watches from now on.
   *
   * @param places where the files are
   * @param before the files as they were before they were read
   * @param inForce what was read then
   * @param running what it is in force in
   */
  LiveReload(Places places, ConfigFiles before, Configuration inForce, Running running) {
    this.places = places;
    this.running = running;
    this.routes = new LiveRoutes(running.camel, running.stops);
    this.started = inForce.settings();
    this.inForce = inForce;
    this.filesInForce = before;
    this.done = before;
    this.seen = before;
    this.state = new Reload(now(), null, null, Set.of(), null);
    var unused =
        watch.scheduleWithFixedDelay(this::look, LOOK_MILLIS, LOOK_MILLIS, TimeUnit.MILLISECONDS);
  }

  private static Instant now() {
    return Clock.systemUTC().instant();
  }

  /** How it stands. */
  Reload state() {
    return state;
  }

  private void look() {
    ConfigFiles now = seen;
    try {
      now = ConfigFiles.of(places);
      boolean still = now.equals(seen);
      seen = now;
      if (still && !now.equals(done)) {
        take(now);
        done = now;
        failed = null;
      }
      if (still) {
        told = false;
        state = state.waiting(null);
      }
    } catch (Later | LedgerUnavailable later) {
      waits(String.valueOf(later.getMessage()));
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    } catch (Throwable fault) {
      // An error too: one that left here would end all further looks, and nothing would tell.
      fails(now, fault);
    }
  }

  /** A look failed: told once for the same files, though each further look tries them again. */
  private void fails(ConfigFiles now, Throwable fault) {
    done = null;
    if (!now.equals(failed)) {
      failed = now;
      LOG.error("The configuration could not be looked at; it is tried again and again", fault);
      state =
          new Reload(
              state.inForce(),
              "the configuration could not be looked at ("
                  + fault.getClass().getSimpleName()
                  + "): see the log; take back the last change, or restart Kiln",
              now(),
              state.atNextStart(),
              null);
    }
  }

  /** A change waits: the log says so once, the account for as long as it does. */
  private void waits(String forWhat) {
    if (!told) {
      told = true;
      LOG.info("A change of the configuration waits: {}", forWhat);
    }
    state = state.waiting(forWhat);
  }

  /** Waits for something to end. */
  @FunctionalInterface
  private interface Wait {
    boolean atMost(Duration time) throws InterruptedException;
  }

  /** Waits, and says so where that takes a while. */
  private void await(Wait wait, Duration atMost, String forWhat) throws Exception {
    if (wait.atMost(UNNOTICED)) {
      return;
    }
    waits(forWhat);
    if (!wait.atMost(atMost)) {
      throw new Later(forWhat);
    }
  }

  private void take(ConfigFiles now) throws Exception {
    try {
      Configuration next = Configuration.read(places);
      String changed = apply(next);
      Set<String> atNextStart = started.changedAtNextStart(next.settings());
      state = new Reload(now(), null, null, atNextStart, null);
      Set<Path> files = filesInForce.changedBy(now);
      filesInForce = now;
      if (files.isEmpty()) {
        LOG.info("The configuration is again the one in force");
      } else {
        LOG.info(
            "{} changed and {} in force{}",
            files.stream()
                .map(Path::getFileName)
                .map(String::valueOf)
                .collect(Collectors.joining(", ")),
            files.size() == 1 ? "is" : "are",
            changed.isEmpty() ? "" : " (" + changed + ")");
      }
      if (!atNextStart.isEmpty()) {
        LOG.warn(
            "{}: {} from the next start on: restart Kiln",
            Settings.FILE,
            String.join(", ", atNextStart) + (atNextStart.size() == 1 ? " counts" : " count"));
      }
    } catch (InvalidConfiguration wrong) {
      state = new Reload(state.inForce(), wrong.getMessage(), now(), state.atNextStart(), null);
      LOG.error(
          "A change of the configuration is not taken up, and Kiln goes on as before: {}",
          wrong.getMessage());
    }
  }

  /** Puts all into force, or nothing; says what it did with routes. */
  private String apply(Configuration next) throws Exception {
    RouteChange change = RouteChange.between(inForce.routes(), next.routes());
    if (!change.isEmpty()) {
      Map<String, Object> beans = new HashMap<>(running.beans);
      beans.putAll(breakers(next.catalogue()));
      routes.tryOut(next.routes(), beans, running.clayOf.apply(next.catalogue()), properties());
      next.routes().directNamesMustMeet();
    }
    try {
      Set<String> tables = new HashSet<>(running.delivery.lost(next.catalogue()));
      for (String route : change.delivering()) {
        tables.addAll(inForce.routes().templated().tablesThrough(route, inForce.catalogue()));
      }
      if (!tables.isEmpty()) {
        running.delivery.hold(tables);
        await(
            running.delivery::empties,
            started.delivery().answerBy().plus(GRACE),
            "leads are on their way through routes that change; until they are settled no more are offered to "
                + String.join(", ", new TreeSet<>(tables)));
      }
      if (change.takesAway(part -> !part.delivers())) {
        await(running.intake::hold, GRACE, "files are being read by routes that change");
      }
      running.stops.changing().lock();
      try {
        swap(change, next);
      } finally {
        running.stops.changing().unlock();
      }
    } finally {
      running.intake.goOn();
      running.delivery.goOn();
    }
    inForce = next;
    running.intake.use(next.hygiene());
    running.followers.follow(next);
    return change.toString();
  }

  private Map<String, Object> breakers(Catalogue catalogue) {
    return catalogue.tables().keySet().stream()
        .collect(Collectors.toMap(table -> "breaker-" + table, running.breakers::of));
  }

  private Path properties() {
    return places.config().resolve(Settings.FILE);
  }

  private void swap(RouteChange change, Configuration next) throws Exception {
    breakers(next.catalogue()).forEach(running.camel.getRegistry()::bind);
    if (!routes.remove(change)) {
      throw new Later("exchanges are under way in routes that change");
    }
    try {
      running.delivery.apply(next.catalogue());
      routes.add(change);
      running.pace.renew();
    } catch (Error failure) {
      back(change);
      throw failure;
    } catch (Exception failure) {
      back(change);
      if (failure instanceof LedgerUnavailable) {
        throw failure;
      }
      Exception told = next.routes().explain(properties(), failure);
      throw told instanceof InvalidConfiguration
          ? told
          : new InvalidConfiguration(
              places.routes(), "could not be put into force: " + told.getMessage());
    }
  }

  private void back(RouteChange change) {
    try {
      routes.undo(change, () -> running.delivery.apply(inForce.catalogue()));
      running.pace.renew();
    } catch (Exception failure) {
      LOG.error("The routes could not be put back as they were: restart Kiln", failure);
    }
  }

  /** Looks no more; a reload that has begun comes to its end. */
  @Override
  public void close() {
    watch.shutdown();
    try {
      if (!watch.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
        watch.shutdownNow();
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}

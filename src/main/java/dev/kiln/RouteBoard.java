package dev.kiln;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kiln.lead.NearestWord;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.apache.camel.CamelContext;
import org.apache.camel.Route;
import org.apache.camel.ServiceStatus;
import org.apache.camel.api.management.ManagedCamelContext;
import org.apache.camel.api.management.mbean.ManagedRouteMBean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The routes of a running Kiln for its operator: how each stands, stop and start. Stops as JMX
 * does. Thread-safe.
 */
final class RouteBoard {
  private static final Logger LOG = LoggerFactory.getLogger(RouteBoard.class);

  /** What stands before the host of an address that may bear a password. */
  private static final Pattern USER = Pattern.compile("//[^/@]*@");

  /** What follows the host of an address of the web: it may be a secret as a whole. */
  private static final Pattern PATH =
      Pattern.compile("(?i)^([a-z0-9+.-]*https?:(?:[a-z]+:)?/*[^/]+).*");

  private final Supplier<CamelContext> camel;
  private final RouteStops stops;
  private volatile RouteFiles files;

  /**
   * The routes of one Kiln.
   *
   * @param camel where they run
   * @param stops knows since when they are stopped
   * @param files the files that they came from
   */
  RouteBoard(Supplier<CamelContext> camel, RouteStops stops, RouteFiles files) {
    this.camel = camel;
    this.stops = stops;
    this.files = files;
  }

  /** From here on they come from other files. */
  void use(RouteFiles changed) {
    files = changed;
  }

  /** The ids of those that should run and do not. */
  List<String> stopped() {
    return camel.get().getRoutes().stream()
        .filter(route -> !runs(route.getId()))
        // A reload keeps what was stopped from starting.
        .filter(
            route ->
                !Boolean.FALSE.equals(route.isAutoStartup())
                    || stops.since(route.getId()).isPresent())
        .map(Route::getId)
        .sorted()
        .toList();
  }

  /** The ids of those that leads come in by. */
  Set<String> wayIn() {
    return WayIn.ids(camel.get(), files);
  }

  /**
   * All of them, by id: {@code routes}, each with {@code id}, {@code state}, {@code from} without
   * parameters, its {@code file} and {@code line}, {@code since} when it stands so, and the {@code
   * in_flight}, {@code completed} and {@code failed} exchanges since it was made.
   */
  ObjectNode list() {
    ObjectNode all = JsonNodeFactory.instance.objectNode();
    ArrayNode routes = all.putArray("routes");
    camel.get().getRoutes().stream()
        .sorted(Comparator.comparing(Route::getId))
        .forEach(route -> routes.add(entry(route)));
    return all;
  }

  private ObjectNode entry(Route route) {
    String id = route.getId();
    ObjectNode entry = JsonNodeFactory.instance.objectNode().put("id", id).put("state", state(id));
    entry.put("from", shown(route.getEndpoint().getEndpointUri()));
    files
        .part(RoutePart.Kind.ROUTE, id)
        .ifPresent(
            part ->
                entry
                    .put("file", String.valueOf(part.file().getFileName()))
                    .put("line", part.line()));
    since(route).ifPresent(since -> entry.put("since", since.toString()));
    entry.put("in_flight", camel.get().getInflightRepository().size(id));
    ManagedRouteMBean counts =
        camel
            .get()
            .getCamelContextExtension()
            .getContextPlugin(ManagedCamelContext.class)
            .getManagedRoute(id);
    if (counts != null) {
      entry
          .put("completed", counts.getExchangesCompleted())
          .put("failed", counts.getExchangesFailed());
    }
    return entry;
  }

  private String state(String id) {
    ServiceStatus status = camel.get().getRouteController().getRouteStatus(id);
    if (status == null) {
      return "gone";
    }
    return stops.under(id) ? "stopping" : status.name().toLowerCase(Locale.ROOT);
  }

  private Optional<Instant> since(Route route) {
    Optional<Instant> since =
        runs(route.getId())
            ? Optional.of(
                Clock.systemUTC().instant().minus(Duration.ofMillis(route.getUptimeMillis())))
            : stops.since(route.getId());
    return since.map(at -> at.truncatedTo(ChronoUnit.SECONDS));
  }

  private boolean runs(String id) {
    ServiceStatus status = camel.get().getRouteController().getRouteStatus(id);
    return status != null && status.isStarted();
  }

  /** An address as anybody may see it: no parameters, no user, of the web nothing but the host. */
  static String shown(String uri) {
    int parameters = uri.indexOf('?');
    String bare = parameters < 0 ? uri : uri.substring(0, parameters);
    return PATH.matcher(USER.matcher(bare).replaceAll("//")).replaceAll("$1/...");
  }

  /**
   * Stops a route as JMX does: what is under way in it ends first, for as long as the stop of Kiln
   * would wait. Returns when it has.
   *
   * @param id its id
   * @return {@code route}, its {@code state}, and whether it {@code ran} before
   * @throws HttpRefusal if there is no such route, with the nearest one
   */
  ObjectNode stop(String id) throws HttpRefusal {
    return change(id, true);
  }

  /**
   * Starts a route that was stopped; likewise.
   *
   * @throws HttpRefusal also if it cannot be started
   */
  ObjectNode start(String id) throws HttpRefusal {
    return change(id, false);
  }

  private ObjectNode change(String id, boolean stop) throws HttpRefusal {
    stops.changing().lock();
    try {
      mustBeKnown(id);
      boolean ran = runs(id);
      if (stop) {
        camel.get().getRouteController().stopRoute(id);
      } else {
        camel.get().getRouteController().startRoute(id);
      }
      return JsonNodeFactory.instance
          .objectNode()
          .put("route", id)
          .put("state", state(id))
          .put("ran", ran);
    } catch (HttpRefusal unknown) {
      throw unknown;
    } catch (Exception failure) {
      LOG.error("Route {} could not be {}", id, stop ? "stopped" : "started", failure);
      throw new HttpRefusal(
          409,
          "route "
              + id
              + " could not be "
              + (stop ? "stopped" : "started")
              + " ("
              + failure.getClass().getSimpleName()
              + "): the log of Kiln says why");
    } finally {
      stops.changing().unlock();
    }
  }

  private void mustBeKnown(String id) throws HttpRefusal {
    List<String> ids = camel.get().getRoutes().stream().map(Route::getId).toList();
    if (!ids.contains(id)) {
      throw new HttpRefusal(400, "there is no route \"" + id + "\"" + NearestWord.hint(id, ids));
    }
  }
}

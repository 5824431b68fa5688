package dev.kiln;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.Route;
import org.apache.camel.model.ModelCamelContext;
import org.apache.camel.model.ProcessorDefinitionHelper;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.model.SendDefinition;
import org.apache.camel.model.ToDynamicDefinition;

/**
 * The routes on the way of a lead into the ledger: those of intake by id or template, those that
 * call {@code direct:accept}, itself or through others, and what all of these call in turn.
 */
final class WayIn {
  private static final String INTAKE = "intake-";
  private static final String ACCEPT = "accept";

  private final ModelCamelContext camel;
  private final RouteFiles files;
  private final Set<Route> routes = new HashSet<>();

  private WayIn(CamelContext camel, RouteFiles files) {
    this.camel = (ModelCamelContext) camel;
    this.files = files;
  }

  /**
   * Their ids.
   *
   * @param camel where they run
   * @param files the files that they came from
   */
  static Set<String> ids(CamelContext camel, RouteFiles files) {
    WayIn way = new WayIn(camel, files);
    way.take(route -> name(route.getEndpoint().getEndpointUri()).equals(ACCEPT));
    way.take(route -> way.calls(route).anyMatch(way::begins));
    way.take(way::intake);
    way.take(route -> way.routes.stream().anyMatch(caller -> way.calls(caller, route)));
    Set<String> ids = new HashSet<>();
    way.routes.forEach(route -> ids.add(route.getId()));
    return ids;
  }

  /** Takes routes until there is none left to take. */
  private void take(Predicate<Route> which) {
    List<Route> more;
    do {
      more =
          camel.getRoutes().stream()
              .filter(route -> !routes.contains(route))
              .filter(which)
              .toList();
      routes.addAll(more);
    } while (!more.isEmpty());
  }

  private boolean intake(Route route) {
    return route.getId().startsWith(INTAKE)
        || files
            .part(RoutePart.Kind.ROUTE, route.getId())
            .filter(part -> part.uses().template().startsWith(INTAKE))
            .isPresent();
  }

  private boolean begins(String name) {
    return routes.stream()
        .anyMatch(route -> name(route.getEndpoint().getEndpointUri()).equals(name));
  }

  private boolean calls(Route caller, Route route) {
    String name = name(route.getEndpoint().getEndpointUri());
    return !name.isEmpty() && calls(caller).anyMatch(name::equals);
  }

  private Stream<String> calls(Route route) {
    RouteDefinition definition = camel.getRouteDefinition(route.getId());
    return definition == null
        ? Stream.empty()
        : Stream.concat(
                ProcessorDefinitionHelper.filterTypeInOutputs(
                        definition.getOutputs(), SendDefinition.class)
                    .stream()
                    .map(to -> to.getUri()),
                ProcessorDefinitionHelper.filterTypeInOutputs(
                        definition.getOutputs(), ToDynamicDefinition.class)
                    .stream()
                    .map(to -> to.getUri()))
            .map(WayIn::name)
            .filter(name -> !name.isEmpty());
  }

  /** The direct name of an endpoint; empty for another one. */
  private static String name(String uri) {
    return uri.startsWith("direct:")
        ? uri.replaceFirst("^direct:(//)?", "").replaceFirst("\\?.*", "")
        : "";
  }
}

package dev.kiln;

import dev.kiln.RoutePart.Kind;
import dev.kiln.lead.InvalidConfiguration;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.apache.camel.CamelContext;
import org.apache.camel.Component;
import org.apache.camel.FailedToCreateRouteException;
import org.apache.camel.FailedToStartRouteException;
import org.apache.camel.RoutesBuilder;
import org.apache.camel.ServiceStatus;
import org.apache.camel.StartupSummaryLevel;
import org.apache.camel.builder.RouteConfigurationBuilder;
import org.apache.camel.component.properties.PropertiesComponent;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.model.ModelCamelContext;
import org.apache.camel.model.ModelLifecycleStrategySupport;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.model.RouteTemplateDefinition;
import org.apache.camel.model.TemplatedRouteDefinition;
import org.apache.camel.spi.PropertiesSource;
import org.apache.camel.support.PluginHelper;
import org.jspecify.annotations.Nullable;

/**
 * The routes of a running Camel, replaced one by one where their files say something else. Used by
 * one thread at a time.
 */
final class LiveRoutes {
  private static final long STOP_SECONDS = 20;

  private final ModelCamelContext context;
  private final RouteStops stops;

  /** Routes that are added while they must not start. */
  private final Set<String> silent = new HashSet<>();

  /**
   * The routes of a context that has started.
   *
   * @param context where they run
   * @param stops knows which of them were stopped
   */
  LiveRoutes(CamelContext context, RouteStops stops) {
    this.context = (ModelCamelContext) context;
    this.stops = stops;
    this.context.addModelLifecycleStrategy(
        new ModelLifecycleStrategySupport() {
          @Override
          public void onAddRouteDefinition(RouteDefinition route) {
            if (silent.contains(route.getId())) {
              route.autoStartup(false);
            }
          }
        });
  }

  /**
   * Makes all routes in a Camel of its own that runs nothing and is thrown away.
   *
   * @param routes the files
   * @param beans what routes name
   * @param clay the component {@code clay}
   * @throws InvalidConfiguration naming file and line of what cannot be made
   */
  void tryOut(RouteFiles routes, Map<String, Object> beans, Component clay, Path properties)
      throws Exception {
    try (DefaultCamelContext trial = new DefaultCamelContext()) {
      trial.disableJMX();
      trial.setStartupSummaryLevel(StartupSummaryLevel.Off);
      trial.setAutoStartup(false);
      fillByConfiguration(trial);
      trial.getPropertiesComponent().addPropertiesSource(new PropertiesOf(context));
      beans.forEach(trial.getRegistry()::bind);
      trial.addComponent("clay", clay);
      PluginHelper.getRoutesLoader(trial).loadRoutes(routes.resources(any -> true));
      trial.start();
    } catch (Exception failure) {
      throw routes.explain(properties, failure);
    }
  }

  /**
   * Has placeholders of routes mean what the configuration says, and a variable of the environment
   * or a system property of the same name only what it does not: Camel's default is the other way
   * round, and KILN_DATA would be the folder of routes though --data names another one.
   */
  static void fillByConfiguration(CamelContext context) {
    PropertiesComponent properties = (PropertiesComponent) context.getPropertiesComponent();
    properties.setEnvironmentVariableMode(PropertiesComponent.ENVIRONMENT_VARIABLES_MODE_FALLBACK);
    properties.setSystemPropertiesMode(PropertiesComponent.SYSTEM_PROPERTIES_MODE_FALLBACK);
  }

  /** The placeholders of a context. */
  private record PropertiesOf(CamelContext context) implements PropertiesSource {
    @Override
    public String getName() {
      return "those of the running Kiln";
    }

    @Override
    public @Nullable String getProperty(String name) {
      return context.getPropertiesComponent().resolveProperty(name).orElse(null);
    }
  }

  /**
   * Takes away what a change takes away.
   *
   * @return whether all of it could be stopped; else nothing is taken away
   */
  boolean remove(RouteChange change) throws Exception {
    silent.clear();
    return takeAway(change);
  }

  private boolean takeAway(RouteChange change) throws Exception {
    List<RoutePart> removed = new ArrayList<>();
    for (RoutePart part : change.gone()) {
      if (part.kind() == Kind.ROUTE) {
        if (!stop(part.id())) {
          add(new RouteChange(change.to(), change.from(), List.of(), removed));
          return false;
        }
        context.removeRoute(part.id());
        RouteDefinition left = context.getRouteDefinition(part.id());
        if (left != null) {
          context.removeRouteDefinition(left);
        }
        if (!silent.contains(part.id())) {
          stops.forget(part.id());
        }
        removed.add(part);
      }
    }
    for (String template : RouteChange.ids(change.gone(), Kind.TEMPLATE)) {
      context.removeRouteTemplateDefinitions(template);
    }
    return true;
  }

  /** Stops a route and notes whether it ran; false where what is under way does not end. */
  private boolean stop(String id) throws Exception {
    ServiceStatus status = context.getRouteController().getRouteStatus(id);
    if (status == null) {
      return true;
    }
    if (!status.isStarted()) {
      silent.add(id);
      context.getRouteController().stopRoute(id);
      return true;
    }
    return context.getRouteController().stopRoute(id, STOP_SECONDS, TimeUnit.SECONDS, true);
  }

  /** Adds what a change adds; a route that was taken away while it was stopped stays stopped. */
  void add(RouteChange change) throws Exception {
    Set<String> routes = RouteChange.ids(change.come(), Kind.ROUTE);
    Set<String> templates = RouteChange.ids(change.come(), Kind.TEMPLATE);
    Predicate<Path> needed =
        change.configurations()
            ? any -> true
            : file -> change.come().stream().anyMatch(part -> part.file().equals(file));
    List<RouteConfigurationBuilder> builders = new ArrayList<>();
    for (RoutesBuilder builder :
        PluginHelper.getRoutesLoader(context).findRoutesBuilders(change.to().resources(needed))) {
      builders.add((RouteConfigurationBuilder) builder);
    }
    if (change.configurations()) {
      context.getRouteConfigurationDefinitions().clear();
      for (RouteConfigurationBuilder builder : builders) {
        builder.addRouteConfigurationsToCamelContext(context);
      }
    }
    for (RouteConfigurationBuilder builder : builders) {
      builder.configureRoutes(context);
      for (RouteTemplateDefinition template :
          builder.getRouteTemplateCollection().getRouteTemplates()) {
        if (templates.contains(template.getId())) {
          context.addRouteTemplateDefinition(template);
        }
      }
    }
    for (RouteConfigurationBuilder builder : builders) {
      for (RouteDefinition route : builder.getRouteCollection().getRoutes()) {
        if (routes.contains(route.getId())) {
          add(route);
        }
      }
    }
    List<TemplatedRouteDefinition> templated = new ArrayList<>();
    for (RouteConfigurationBuilder builder : builders) {
      for (TemplatedRouteDefinition route :
          builder.getTemplatedRouteCollection().getTemplatedRoutes()) {
        if (routes.contains(route.getRouteId())) {
          templated.add(route);
        }
      }
    }
    // Each starts as it is added, and these ask for the throttle of another at once.
    templated.sort(Comparator.comparing(route -> "deliver".equals(route.getRouteTemplateRef())));
    for (TemplatedRouteDefinition route : templated) {
      context.addRouteFromTemplatedRoute(route);
    }
  }

  /** Adds one route; a failure names it. */
  private void add(RouteDefinition route) throws Exception {
    try {
      context.addRouteDefinition(route);
    } catch (FailedToCreateRouteException | FailedToStartRouteException named) {
      throw named;
    } catch (Exception failure) {
      throw new FailedToCreateRouteException(route.getId(), "", route.toString(), failure);
    }
  }

  /**
   * Goes back to how it was before a change, however far its adding came.
   *
   * @param between what to do while neither old nor new routes are there
   */
  void undo(RouteChange change, Runnable between) throws Exception {
    // Of what was stopped it stays known, and since when: its route may not have been added yet.
    Set<String> stopped = Set.copyOf(silent);
    RouteChange back = change.reversed();
    takeAway(back);
    silent.clear();
    silent.addAll(stopped);
    between.run();
    add(back);
  }
}

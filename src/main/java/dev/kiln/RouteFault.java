package dev.kiln;

import dev.kiln.lead.InvalidConfiguration;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.camel.FailedToCreateRouteException;
import org.apache.camel.FailedToCreateRouteFromTemplateException;
import org.apache.camel.FailedToStartRouteException;
import org.apache.camel.PropertyBindingException;
import org.apache.camel.RoutesBuilder;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.spi.Resource;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;

/**
 * What Camel finds wrong with the routes of some files, in Kiln's words and with the place, which
 * Camel does not always name.
 */
final class RouteFault {
  /** The step in Camel's message that a route could not be made. */
  private static final Pattern CAMEL_STEP = Pattern.compile(">>> (.+?) <<<");

  /** How Camel names options that an endpoint does not know, with their values. */
  private static final Pattern UNKNOWN_OPTIONS = Pattern.compile("Unknown parameters=\\[\\{(.*)}]");

  /** An option within an address. */
  private static final Pattern OF_ADDRESS = Pattern.compile("([?&][\\w.-]+)=[^&\\s]*");

  private static final Pattern OPTION = Pattern.compile("(?:^|, )([\\w.-]+)=");

  private final RouteFiles routes;

  RouteFault(RouteFiles routes) {
    this.routes = routes;
  }

  /**
   * What Camel found wrong with the routes (file, line and what) or with its own properties, in
   * Kiln's words; a failure of another kind stays as it is.
   */
  Exception of(Path properties, Exception failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof MarkedYamlEngineException yaml) {
        return notUnderstood(yaml);
      }
      if (cause instanceof PropertyBindingException wrong && wrong.getPropertyName() != null) {
        return new InvalidConfiguration(
            properties,
            "Camel cannot use its property " + wrong.getPropertyName() + " = " + wrong.getValue());
      }
      if (cause instanceof IllegalArgumentException && fromYaml(cause)) {
        return unread(firstLine(cause));
      }
      if (cause instanceof FailedToStartRouteException start) {
        return notMade(start.getRouteId(), start);
      }
      if (cause instanceof FailedToCreateRouteException create) {
        return notMade(create.getRouteId(), create);
      }
      if (cause instanceof FailedToCreateRouteFromTemplateException create) {
        return notMade(create.getRouteId(), create);
      }
    }
    return failure;
  }

  /** Whether a failure was thrown while Camel read a route file. */
  private static boolean fromYaml(Throwable failure) {
    return Arrays.stream(failure.getStackTrace())
        .anyMatch(frame -> frame.getClassName().startsWith("org.apache.camel.dsl.yaml."));
  }

  /** Finds the place of what Camel does not take, where it names none: each part is tried alone. */
  private InvalidConfiguration unread(String fault) {
    return routes.parts().stream()
        .filter(part -> fault.equals(faultAlone(part)))
        .findFirst()
        .map(part -> new InvalidConfiguration(part.file(), part.line(), told(part) + fault))
        .orElseGet(() -> new InvalidConfiguration(routes.folder(), fault));
  }

  private static String told(RoutePart part) {
    return part.word() + " " + part.id() + ": ";
  }

  /** What Camel says when it reads a part of a file and nothing else; empty where it does not. */
  private String faultAlone(RoutePart part) {
    int end =
        routes.parts().stream()
            .filter(other -> other.file().equals(part.file()) && other.line() > part.line())
            .mapToInt(RoutePart::line)
            .min()
            .orElse(Integer.MAX_VALUE);
    String text =
        routes
            .text(part.file())
            .lines()
            .skip(part.line() - 1L)
            .limit((long) end - part.line())
            .collect(Collectors.joining("\n"));
    try (DefaultCamelContext alone = new DefaultCamelContext()) {
      alone.disableJMX();
      Resource resource = ResourceHelper.fromString("file:" + part.file().getFileName(), text);
      for (RoutesBuilder builder :
          PluginHelper.getRoutesLoader(alone).findRoutesBuilders(List.of(resource))) {
        ((RouteBuilder) builder).configureRoutes(alone);
      }
      return "";
    } catch (Exception failure) {
      Throwable cause = failure;
      while (!fromYaml(cause) && cause.getCause() != null) {
        cause = cause.getCause();
      }
      return firstLine(cause);
    }
  }

  private InvalidConfiguration notUnderstood(MarkedYamlEngineException yaml) {
    String problem = firstLine(yaml.getProblem() == null ? yaml : new Exception(yaml.getProblem()));
    Mark mark = yaml.getProblemMark().orElse(null);
    if (mark == null) {
      return new InvalidConfiguration(routes.folder(), problem);
    }
    String name = mark.getName();
    Path file = routes.folder().resolve(name.substring(name.lastIndexOf('/') + 1));
    return new InvalidConfiguration(file, mark.getLine() + 1, problem);
  }

  /** Names the place of a route, or of the template that it is made from. */
  private InvalidConfiguration notMade(@Nullable String id, Exception failure) {
    Matcher step = CAMEL_STEP.matcher(String.valueOf(failure.getMessage()));
    String fault =
        "route "
            + id
            + " cannot be made"
            + (step.find() ? " at " + step.group(1) : "")
            + ": "
            + firstLine(innermost(failure));
    String route = id == null ? "" : id;
    String template =
        routes.part(RoutePart.Kind.ROUTE, route).map(made -> made.uses().template()).orElse("");
    return routes
        .part(RoutePart.Kind.TEMPLATE, template)
        .or(() -> routes.part(RoutePart.Kind.ROUTE, route))
        .map(part -> new InvalidConfiguration(part.file(), part.line(), fault))
        .orElseGet(() -> new InvalidConfiguration(routes.folder(), fault));
  }

  /** The innermost cause of a failure of a route: Camel wraps what a step failed with. */
  static Throwable innermost(Throwable failure) {
    Throwable cause = failure;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause;
  }

  private static String firstLine(Throwable failure) {
    String message = failure.getMessage();
    return message == null
        ? failure.getClass().getSimpleName()
        : withoutValues(message.lines().findFirst().orElse(""));
  }

  /** Options of endpoints by name only: what they were given may be a secret. */
  private static String withoutValues(String fault) {
    Matcher unknown = UNKNOWN_OPTIONS.matcher(fault);
    if (!unknown.find()) {
      return OF_ADDRESS.matcher(fault).replaceAll("$1=...");
    }
    String names =
        OPTION
            .matcher(unknown.group(1))
            .results()
            .map(name -> name.group(1))
            .collect(Collectors.joining(", "));
    return "an endpoint has options that it does not know: " + names;
  }
}
